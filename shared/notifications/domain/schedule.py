"""When a caller may ask for a notification."""

from datetime import datetime, timedelta

from notifications.domain.errors import InvalidInput

MAX_SCHEDULE_AHEAD = timedelta(days=365)


def check_schedule(
    *, now: datetime, scheduled_delivery: datetime, deliver_before: datetime | None
) -> None:
    """Refuse times that cannot be kept.

    Raises:
        InvalidInput: naming the field.
    """
    if scheduled_delivery > now + MAX_SCHEDULE_AHEAD:
        raise InvalidInput.of("scheduled_delivery", "must be at most one year ahead")
    if deliver_before is not None and deliver_before <= max(scheduled_delivery, now):
        raise InvalidInput.of(
            "deliver_before", "must be after scheduled_delivery and in the future"
        )
