"""How many notifications of each target were sent, delivered and failed lately, and how late."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from notification_core.domain.counters import LATE, Counts, hour_of, percentile
from notification_core.domain.status import FAILED, Status
from notification_core.ports import HasClock, HasCounters

#: The share of the sends that are not later than the lateness that is reported.
SHARE = 0.99


class ActivityPorts(HasClock, HasCounters, Protocol):
    """The ports that this use case needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """What happened to the notifications of one target in some hours."""

    start: datetime
    end: datetime  #: not included
    sent: int = 0  #: accepted by the provider
    delivered: int = 0
    failed: int = 0  #: ended as DELIVERY FAILURE, INACTIVE DEVICE or UNKNOWN
    retried: int = 0  #: failed attempts that another attempt follows
    #: 99 % of the sends were at most so many milliseconds late, rounded up to a bound of
    #: `counters.BOUNDS`, or to one more than the last bound. None if nothing was sent.
    lateness: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetActivity:
    """What happened to the notifications of one target."""

    target: str  #: the target's id
    periods: Sequence[Period]  #: in order, without gaps
    total: Period
    failures: Sequence[tuple[str, int]]  #: codes and numbers, the most frequent first


def activity(ports: ActivityPorts, hours: int, step: int = 1) -> list[TargetActivity]:
    """Return the activity of each target for which anything was counted, by its id.

    Args:
        ports: the counters and the clock.
        hours: the number of hours, of which the current one is the last.
        step: the number of hours of a period.
    """
    last = hour_of(ports.clock())
    first = last - timedelta(hours=hours - 1)
    by_hour = ports.counters.read(first, last)
    periods = [
        _merged(by_hour, first + timedelta(hours=start), step) for start in range(0, hours, step)
    ]
    whole = _merged(by_hour, first, hours)
    targets = sorted({target for target, _, _ in whole.counts})
    return [
        TargetActivity(
            target=target,
            periods=[period.of(target) for period in periods],
            total=whole.of(target),
            failures=_failures(whole.counts, target),
        )
        for target in targets
    ]


@dataclass(frozen=True, slots=True)
class _Merged:
    """The counts of all targets in some hours."""

    start: datetime
    end: datetime
    counts: Counts

    def of(self, target: str) -> Period:
        statuses, buckets = Counter[str](), Counter[int]()
        for (of_target, what, detail), count in self.counts.items():
            if of_target == target and what == LATE:
                buckets[int(detail)] += count
            elif of_target == target:
                statuses[what] += count
        return Period(
            start=self.start,
            end=self.end,
            sent=statuses[Status.SENT],
            delivered=statuses[Status.DELIVERED],
            failed=sum(statuses[status] for status in FAILED),
            retried=statuses[Status.RETRY],
            lateness=percentile(buckets, SHARE),
        )


def _merged(by_hour: Mapping[datetime, Counts], start: datetime, hours: int) -> _Merged:
    counts = Counts()
    for number in range(hours):
        counts.update(by_hour.get(start + timedelta(hours=number), {}))
    return _Merged(start, start + timedelta(hours=hours), counts)


def _failures(counts: Counts, target: str) -> Sequence[tuple[str, int]]:
    codes = Counter[str]()
    for (of_target, what, code), count in counts.items():
        if of_target == target and what in FAILED:
            codes[code] += count
    return codes.most_common()
