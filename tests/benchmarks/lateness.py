"""The lateness of notifications on the local stack: single ones while it is idle, and bursts."""

from collections.abc import Sequence

from tests.benchmarks.figures import BenchError, Figure, Goal
from tests.benchmarks.local_stack import Sent, running
from tests.benchmarks.runner import Runner

#: Single notifications of each precision, and the seconds between two of them.
ALONE, APART = 30, 2.0
#: Unmeasured notifications before them.
FIRST = 4
BURST = 1000

MEDIAN_OF_A_SECOND, MOST_OF_A_SECOND = Goal(700), Goal(1500)  # ms
MOST_OF_EXACT = Goal(20)  # ms
#: Seconds until the last of a burst is recorded.
SOON, BY_SES = Goal(6), Goal(12)


def measure(runner: Runner) -> list[Figure]:
    """Start a stack, and measure both precisions and three bursts on it."""
    with running(runner.say) as stack:
        # The first notifications start functions that are not warmed up, such as callbacks.
        stack.alone({"Email": FIRST, "Twilio": FIRST}, APART)
        stack.set_precision("twilio", "exact")
        runner.say(f"{ALONE} by each precision, one every {APART:.0f} s")
        alone = stack.alone({"Email": ALONE, "Twilio": ALONE}, APART)
        stack.set_precision("twilio", "second")
        bursts = {}
        for name, target in {"Twilio": "Twilio", "SES": "Email", "SMTP": "Email"}.items():
            if name == "SMTP":
                stack.send_mail_by_smtp()
            bursts[name] = stack.burst(target, BURST)
            runner.say(f"burst by {name}: {_last(bursts[name]):.1f} s")
    return [
        *claimed("second", alone["Email"], MEDIAN_OF_A_SECOND, MOST_OF_A_SECOND),
        *claimed("exact", alone["Twilio"], None, MOST_OF_EXACT),
        completed("Twilio", bursts["Twilio"], SOON),
        completed("SMTP", bursts["SMTP"], SOON),
        completed("SES", bursts["SES"], BY_SES),
    ]


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that is not exceeded by at least this share of the values."""
    ordered = sorted(values)
    return ordered[max(-int(-len(ordered) * share // 1) - 1, 0)]


def claimed(precision: str, sent: Sequence[Sent], median: Goal | None, most: Goal) -> list[Figure]:
    """Return the median and the p99 lateness of claims. Raises BenchError if one was early."""
    late = [delivery.claimed_late for delivery in sent]
    if min(late) < 0:
        raise BenchError(f"{precision}: a notification was claimed {-min(late):.0f} ms early")
    note = f"{len(late)} alone, one every {APART:.0f} s; the latest {max(late):.0f} ms"
    return [
        Figure(
            name=f"claimed late, {precision}, p{share:.0%}".rstrip("%"),
            unit="ms",
            values=[percentile(late, share)],
            goal=goal,
            note=note,
        )
        for share, goal in ((0.5, median), (0.99, most))
    ]


def _last(sent: Sequence[Sent]) -> float:
    return max(delivery.recorded_late for delivery in sent) / 1000


def completed(name: str, sent: Sequence[Sent], goal: Goal) -> Figure:
    """Return the seconds until the last notification of a burst was recorded."""
    half = percentile([delivery.recorded_late for delivery in sent], 0.5) / 1000
    note = f"{len(sent):,} due in one second; half of them after {half:.1f} s"
    return Figure(
        name=f"burst by {name}, complete", unit="s", values=[_last(sent)], goal=goal, note=note
    )
