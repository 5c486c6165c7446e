"""The goals of this system through SMTP, compared with the other systems."""

from dataclasses import dataclass

from tests.compare.names import DJANGO, SMTP, THREADS
from tests.compare.results import Results

#: Minimum rate as a multiple of the Django application's, by latency of the mail server.
TIMES_DJANGO = {0: 2.0, 20: 6.0, 100: 20.0}
#: Latencies at which this system must be at least as fast as Celery with 64 threads.
AS_CELERY = (20, 100)
#: Maximum CPU milliseconds of one e-mail in the functions that every e-mail passes.
OWN_MS = 1.6
OWN = ("Api", "DeliverEmail")


@dataclass(frozen=True)
class Check:
    """A goal, and the measured value."""

    goal: str
    measured: str
    passed: bool


def checks(results: Results) -> list[Check]:
    """Compare the results with the goals; goals without a measurement are skipped."""
    goals = [_faster(results, DJANGO, ms, times) for ms, times in TIMES_DJANGO.items()]
    goals += [_faster(results, THREADS, ms, 1.0) for ms in AS_CELERY]
    goals.append(_own_work(results))
    return [check for check in goals if check is not None]


def _faster(results: Results, other: str, latency_ms: int, times: float) -> Check | None:
    ours, theirs = results.rate(SMTP, latency_ms), results.rate(other, latency_ms)
    if ours is None or theirs is None:
        return None
    factor = ours.per_second / theirs.per_second
    goal = f"at {latency_ms} ms at least {times:g} times as fast as {other}"
    return Check(goal, f"{factor:.1f} times", factor >= times)


def _own_work(results: Results) -> Check | None:
    rate = results.rate(SMTP, 0)
    own = sum(rate.own_ms.get(name, 0.0) for name in OWN) if rate else 0.0
    if not own:  # the operating system did not report it
        return None
    goal = f"at most {OWN_MS} ms of CPU time for one e-mail ({' and '.join(OWN)})"
    return Check(goal, f"{own:.2f} ms", own <= OWN_MS)
