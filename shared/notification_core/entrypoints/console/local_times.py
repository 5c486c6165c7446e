"""Times that a person enters, in the zone of the browser, or in UTC without JavaScript."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from notification_core.domain.errors import InvalidInput
from notification_core.domain.user_settings import check_time_zone

#: What a browser sends for a field of the type `datetime-local`.
_LOCAL_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?", re.ASCII)


def zone_of(name: str) -> ZoneInfo:
    """Return a zone by its name, UTC for an empty one. Raises InvalidInput."""
    name = name or "UTC"
    check_time_zone(name)
    return ZoneInfo(name)


def local_moment(text: str, zone: ZoneInfo, label: str) -> datetime:
    """Return a time of a clock in a zone; the earlier one if the clocks show it twice.

    Args:
        text: what a browser sends, such as `2026-01-31T09:30`.
        zone: the zone of the clock.
        label: what the form calls the field.

    Raises:
        InvalidInput: it is not a time, or the clocks skip it.
    """
    try:
        shown = datetime.fromisoformat(text) if _LOCAL_TIME.fullmatch(text) else None
        moment = shown and shown.replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):  # the month 13, or before the year 1 in UTC
        shown = moment = None
    if shown is None or moment is None:
        raise InvalidInput.of(label, "is not a time such as 2026-01-31T09:30")
    if moment.astimezone(zone).replace(tzinfo=None) != shown:
        raise InvalidInput.of(label, f"does not exist in {zone.key}, because the clocks skip it")
    return moment
