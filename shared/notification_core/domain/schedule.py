"""The limits on the times and retries that a caller may request."""

from datetime import datetime, timedelta
from functools import partial

from notification_core.domain.errors import InvalidInput, check_all
from notification_core.domain.retry import JITTER, MAX_WAIT

MAX_SCHEDULE_AHEAD = timedelta(days=365)

#: The time from a request to its last possible attempt. Large contents are stored for longer than
#: this (`adapters/s3_contents.py`), so they outlast their notifications' last attempt.
MAX_SPAN = MAX_SCHEDULE_AHEAD + timedelta(days=30)


def check_schedule(
    *, now: datetime, scheduled_delivery: datetime, deliver_before: datetime | None
) -> None:
    """Check that a notification can be sent at the requested times.

    Raises:
        InvalidInput: it cannot; the error names each field.
    """
    check_all(
        [
            partial(_check_start, now, scheduled_delivery),
            partial(_check_end, max(scheduled_delivery, now), deliver_before),
        ]
    )


def _check_start(now: datetime, scheduled_delivery: datetime) -> None:
    if scheduled_delivery > now + MAX_SCHEDULE_AHEAD:
        raise InvalidInput.of("scheduled_delivery", "must be at most one year ahead")


def _check_end(
    start: datetime, deliver_before: datetime | None, start_name: str = "scheduled_delivery"
) -> None:
    if deliver_before is not None and deliver_before <= start:
        message = f"must be after {start_name} and in the future"
        raise InvalidInput.of("deliver_before", message)


def has_expired(deliver_before: datetime | None, now: datetime) -> bool:
    """Whether it is too late to send the notification."""
    return deliver_before is not None and deliver_before <= now


def last_attempt(scheduled_delivery: datetime, interval: int, max_retries: int) -> datetime:
    """Return the latest time at which the last of `max_retries` attempts is due.

    `interval` is in seconds. A wait grows up to a day, or equals the interval if that is longer.
    """
    longest = max(timedelta(seconds=interval), MAX_WAIT) * (1 + JITTER)
    return scheduled_delivery + (max_retries - 1) * longest


def check_retries(
    *, now: datetime, scheduled_delivery: datetime, interval: int, max_retries: int
) -> None:
    """Check that the retries end before the content is removed.

    Raises:
        InvalidInput: they do not; the error names the field.
    """
    if last_attempt(scheduled_delivery, interval, max_retries) > now + MAX_SPAN:
        raise InvalidInput.of(
            "max_retries",
            f"the last attempt would come more than {MAX_SPAN.days} days from now: lower"
            " max_retries or retry_time_interval, or schedule it sooner",
        )


def check_change(
    *, now: datetime, created_at: datetime, due_at: datetime, interval: int, attempts: int
) -> None:
    """Check a new due time, or a new number of remaining attempts, of an existing notification.

    The limits count from the creation, because the stored item and its content expire by it.

    Raises:
        InvalidInput: it exceeds a limit; the error names the field.
    """
    if max(due_at, now) > created_at + MAX_SCHEDULE_AHEAD:
        raise InvalidInput.of(
            "scheduled_delivery", "must be at most one year after the notification was created"
        )
    if last_attempt(due_at, interval, attempts) > created_at + MAX_SPAN:
        raise InvalidInput.of(
            "max_retries",
            f"the last attempt would come more than {MAX_SPAN.days} days after the notification was"
            " created: lower max_retries, or schedule it sooner",
        )


def check_end(
    *, now: datetime, due_at: datetime, deliver_before: datetime | None, is_retry: bool
) -> None:
    """Check that a notification may still be sent at its due time, which may be that of a retry.

    Raises:
        InvalidInput: `deliver_before` is not after it.
    """
    start_name = "the next attempt" if is_retry else "scheduled_delivery"
    _check_end(max(due_at, now), deliver_before, start_name)
