"""Time: aware datetimes in UTC, to the millisecond, which is what the stores keep."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

#: Multiplying it takes half the time of `timedelta(milliseconds=...)`, and happens eight times in
#: each delivery.
_MILLISECOND = timedelta(milliseconds=1)

#: Later than any time in this system: epoch milliseconds of the year 9999.
LAST_MOMENT = 253_370_764_800_000

#: Returns the current time. It is passed in wherever a rule needs it, so that tests can control it.
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the current time in UTC, in whole milliseconds."""
    return to_millisecond(datetime.now(UTC))


def to_millisecond(moment: datetime) -> datetime:
    """Return the moment in UTC, truncated to whole milliseconds.

    Raises:
        ValueError: the datetime is naive.
    """
    if moment.utcoffset() is None:
        raise ValueError("a time needs an offset, such as 2026-01-01T12:00:00Z")
    moment = moment.astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def to_epoch_ms(moment: datetime) -> int:
    """Return the milliseconds since the epoch."""
    return round(moment.timestamp() * 1000)


def from_epoch_ms(epoch_ms: float) -> datetime:
    """Convert milliseconds since the epoch to an aware datetime."""
    return EPOCH + int(epoch_ms) * _MILLISECOND
