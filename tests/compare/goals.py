"""What this system is to reach by SMTP beside the others."""

from dataclasses import dataclass

from tests.compare.names import DJANGO, SMTP, THREADS
from tests.compare.results import Results

#: At least so many times the Django application's rate, by latency of the mail server.
TIMES_DJANGO = {0: 2.0, 20: 6.0, 100: 20.0}
#: At least as fast as Celery with 64 threads, at these latencies.
AS_CELERY = (20, 100)
#: At most so many milliseconds of our own for one e-mail: the functions that every e-mail passes.
OWN_MS = 1.6
OWN = ("Api", "DeliverEmail")


@dataclass(frozen=True)
class Check:
    """A goal, and what was measured."""

    goal: str
    measured: str
    passed: bool


def checks(results: Results) -> list[Check]:
    """Compare the results with the goals; what was not measured is not judged."""
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
    if not own:  # the operating system has told nothing
        return None
    goal = f"at most {OWN_MS} ms of CPU time for one e-mail ({' and '.join(OWN)})"
    return Check(goal, f"{own:.2f} ms", own <= OWN_MS)
