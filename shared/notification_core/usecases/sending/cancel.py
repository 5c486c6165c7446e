"""Cancel a notification. A conditional write decides, so the result is reliable."""

from enum import StrEnum
from typing import Protocol

from notification_core.domain.notification import Notification
from notification_core.domain.transitions import Conflict, Transition
from notification_core.ports import HasClock, HasNotifications
from notification_core.usecases.conflicts import retry_on_conflict
from notification_core.usecases.queries.listing import get_stored_notification
from notification_core.usecases.queries.texts import TextPorts, with_texts

#: A notification that changed between the read and the write this often is being delivered.
TRIES = 5


class CancelPorts(TextPorts, HasClock, HasNotifications, Protocol):
    """The ports that these use cases need."""


class CancelResult(StrEnum):
    """The result of a cancellation."""

    CANCELLED = "cancelled"  #: it will not be sent
    TOO_LATE = "too_late"  #: it is being sent, or was sent and is not confirmed
    ALREADY_FINAL = "already_final"  #: it had already ended


def cancel(
    ports: CancelPorts, notification_id: str, by: str = ""
) -> tuple[CancelResult, Notification]:
    """Cancel a notification that is still waiting. Its content is loaded for the answer only.

    `by` is who cancels it (`domain/attribution.py`).

    Raises:
        NotFound: no notification has this id.
        Unavailable: it kept changing between the read and the write.
    """
    result, notification = retry_on_conflict(lambda: _cancel(ports, notification_id, by), TRIES)
    return result, with_texts(ports, [notification])[0]


def _cancel(ports: CancelPorts, notification_id: str, by: str) -> tuple[CancelResult, Notification]:
    current = get_stored_notification(ports, notification_id)
    now = ports.clock()
    if current.is_final and not current.is_awaited(now):
        return CancelResult.ALREADY_FINAL, current
    if not current.is_waiting:
        return CancelResult.TOO_LATE, current
    cancelled = current.cancelled(now, by)
    if ports.notifications.advance([Transition(current, cancelled)]) != [True]:
        raise Conflict
    return CancelResult.CANCELLED, cancelled
