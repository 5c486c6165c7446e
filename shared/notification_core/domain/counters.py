"""Counters: how many notifications of each target were sent, delivered and failed, and how late.

Only transitions that were stored are counted, so a repeated message or report counts once. The
counters contain no personal data: a code is counted by its name only if it is in the module's error
table, is an HTTP status, or is one of the codes that the system itself gives.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from notification_core.domain.error_table import ErrorTable
from notification_core.domain.failed_notification import failure_code
from notification_core.domain.status import FAILED, Status
from notification_core.domain.timeline import COUNTED, TEMPLATE_ERROR
from notification_core.domain.transitions import Transition

#: What is counted: the id of a target; a status, or LATE; and a code, or the number of a bucket.
CountKey = tuple[str, str, str]
Counts = Counter[CountKey]

#: In place of a status: the second part of the keys of lateness.
LATE = "late"
#: In place of a code that is not counted by its name.
OTHER = "other"

#: The codes that the system gives to failures for which the provider gave none.
OWN_CODES = frozenset(
    {
        TEMPLATE_ERROR,
        "connection-cut",
        "content-lost",
        "dead-letter",
        "handler-failed",
        "invalid-header",
        "invalid-url",
        "lease-lapsed",
        "no-answer",
        "no-look-up",
        "no-sender",
        "not-a-token",
        "not-checked",
        "not-connected",
        "not-supported",
        "out-of-time",
        "read-timeout",
        "record-deleted",
        "record-inactive",
        "secret-incomplete",
        "secret-unreadable",
        "unknown",
    }
)

#: The codes of failures whose HTTP status is all that is known.
_STATUSES = frozenset(str(status) for status in range(400, 600))

#: The upper bounds of the buckets of lateness in milliseconds, from 100 ms to one hour: ten in each
#: power of ten, so that a bound is at most 28 % above a value in its bucket. The last bucket, whose
#: number is the length of this tuple, has no bound.
BOUNDS = (
    *(100, 125, 160, 200, 250, 315, 400, 500, 630, 800),
    *(1_000, 1_250, 1_600, 2_000, 2_500, 3_150, 4_000, 5_000, 6_300, 8_000),
    *(10_000, 12_500, 16_000, 20_000, 25_000, 31_500, 40_000, 50_000, 63_000, 80_000),
    *(100_000, 125_000, 160_000, 200_000, 250_000, 315_000, 400_000, 500_000, 630_000, 800_000),
    *(1_000_000, 1_250_000, 1_600_000, 2_000_000, 2_500_000, 3_150_000, 3_600_000),
)


def hour_of(moment: datetime) -> datetime:
    """Return the first moment of the UTC hour of a moment."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def bucket(milliseconds: int) -> int:
    """Return the number of the bucket for a lateness; a negative one counts as none."""
    return bisect_left(BOUNDS, milliseconds)


def percentile(buckets: Mapping[int, int], share: float) -> int | None:
    """Return the bound of the bucket that contains this share of the values, in milliseconds.

    The exact percentile is not above the bound, and not below the bound of the previous bucket. A
    value of more than an hour has no bound: the result is then one more than the last bound. The
    result is None without values.
    """
    remaining = share * sum(buckets.values())
    if not remaining:
        return None
    for number in sorted(buckets):
        remaining -= buckets[number]
        if remaining <= 0:
            break
    return BOUNDS[number] if number < len(BOUNDS) else BOUNDS[-1] + 1


def lateness(sends: Iterable[tuple[str, int]]) -> Counts:
    """Count the lateness of sends: for each, the id of the target and milliseconds."""
    return Counter((target, LATE, str(bucket(late))) for target, late in sends)


def outcomes(transitions: Iterable[Transition], errors: ErrorTable | None = None) -> Counts:
    """Count transitions of one module that were stored.

    A failed attempt that is retried counts as RETRY, unless the attempt itself does not count. A
    notification that is delivered without having been SENT, because its provider confirms nothing,
    counts as SENT too. A notification that failed and is reported as delivered later counts twice.

    Args:
        transitions: those that were stored.
        errors: the module's error table, with the codes that may be counted by their names.
    """
    return Counter(
        (transition.after.target, status.value, _code(transition, errors))
        for transition in transitions
        for status in _statuses(transition)
    )


#: The statuses in which it is not known yet that the provider has accepted the message.
_NOT_ACCEPTED = frozenset({Status.SENDING, Status.RETRY, Status.UNKNOWN})


def _statuses(transition: Transition) -> Iterator[Status]:
    before, after = transition.before.status, transition.after.status
    if before is after:
        return
    if after is Status.RETRY and transition.after.timeline[-1].event not in COUNTED:
        return
    if after is Status.DELIVERED and before in _NOT_ACCEPTED:
        yield Status.SENT
    yield after


def _code(transition: Transition, errors: ErrorTable | None) -> str:
    after = transition.after
    has_failed = after.status in FAILED or after.status is Status.RETRY
    code = failure_code(after) if has_failed else after.timeline[-1].code
    is_known = code in OWN_CODES or code in _STATUSES or (errors and code in errors.rows)
    return code if is_known or not code else OTHER


def without_codes(counts: Counts) -> Counts:
    """Return counts in which each code is `OTHER`, so that they have fewer keys."""
    folded = Counts()
    for (target, what, detail), count in counts.items():
        folded[target, what, detail if what == LATE or not detail else OTHER] += count
    return folded
