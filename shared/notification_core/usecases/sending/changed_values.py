"""The new times, category and attempts of a waiting notification."""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Any

from notification_core.domain.clock import to_millisecond
from notification_core.domain.consent_scopes import check_category
from notification_core.domain.errors import InvalidInput, check_all
from notification_core.domain.notification import MAX_RETRIES, Notification
from notification_core.domain.schedule import check_change, check_end
from notification_core.domain.status import Status
from notification_core.usecases.sending.changed_content import Changes


def new_values(current: Notification, changes: Changes, now: datetime) -> Iterator[tuple[str, Any]]:
    """Yield the attributes apart from the content that get another value."""
    if (wanted := changes.get("scheduled_delivery")) is not None and current.due_at is not None:
        due_at = max(to_millisecond(wanted), to_millisecond(now))
        # A notification that is due already is not moved to a later now.
        if due_at != current.due_at and (wanted > now or current.due_at > now):
            yield "scheduled_delivery", due_at
            yield "due_at", due_at
    for name in ("deliver_before", "category", "max_retries"):
        if name in changes and changes[name] != getattr(current, name):
            yield name, changes[name]


def name_of(current: Notification, field: str) -> str:
    """Return the name of a changed field in the timeline."""
    moves_attempt = field == "scheduled_delivery" and current.status is Status.RETRY
    return "next_attempt" if moves_attempt else field


def check_values(current: Notification, values: dict[str, Any], now: datetime) -> None:
    """Check the new values against each other and against those that stay.

    Raises:
        InvalidInput: it names each field that is not valid.
    """
    check_all(_checks(current, values, now))


def _checks(
    current: Notification, values: dict[str, Any], now: datetime
) -> Iterator[Callable[[], None]]:
    due_at = values.get("due_at", current.due_at) or now
    if (category := values.get("category")) is not None:
        yield partial(check_category, category)
    yield partial(_check_attempts, current, values, due_at, now)
    if "due_at" in values or "deliver_before" in values:
        deliver_before = values.get("deliver_before", current.deliver_before)
        is_retry = current.status is Status.RETRY
        yield partial(
            check_end, now=now, due_at=due_at, deliver_before=deliver_before, is_retry=is_retry
        )


def _check_attempts(
    current: Notification, values: dict[str, Any], due_at: datetime, now: datetime
) -> None:
    allowed, failed = values.get("max_retries", current.max_retries), current.retry_attempts
    if "max_retries" in values and not failed < allowed <= MAX_RETRIES:
        attempts = "1 attempt has" if failed == 1 else f"{failed} attempts have"
        because = f", because {attempts} failed" if failed else ""
        raise InvalidInput.of("max_retries", f"must be {failed + 1} to {MAX_RETRIES}{because}")
    if "due_at" in values or allowed > current.max_retries:
        check_change(
            now=now,
            created_at=current.stored_at,
            due_at=due_at,
            interval=current.retry_time_interval,
            attempts=allowed - failed,
        )
