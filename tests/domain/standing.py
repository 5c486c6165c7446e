"""A notification in any status, and the verb that leads to each."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from notification_core.domain.failures import InvalidAddress, OutcomeUnknown, Rejected, RetryLater
from notification_core.domain.notification import Notification
from notification_core.domain.status import FINAL, Status
from tests.builders import NOON, a_claim, a_notification

#: When the verbs below happen, and when they put a notification back for.
NOW = NOON + timedelta(seconds=5)
LATER = NOON + timedelta(minutes=5)


def standing(status: Status, **changes: Any) -> Notification:
    """A notification that has this status by right."""
    values: dict[str, Any] = {"status": status}
    if status is not Status.SCHEDULED:
        values["attempted_delivery"] = NOON
    if status is Status.SENDING:
        values["claim"] = a_claim()
    if status in FINAL:
        values["due_at"] = None
    return a_notification(**values | changes)


#: Every status that a verb leads to; nothing leads back to SCHEDULED.
VERBS: Mapping[Status, Callable[[Notification], Notification]] = {
    Status.SENDING: lambda it: it.claimed(a_claim(NOW), NOW),
    Status.RETRY: lambda it: it.retried(NOW, RetryLater("503"), LATER),
    Status.SENT: lambda it: it.sent(NOW, "SM1", LATER),
    Status.DELIVERED: lambda it: it.delivered(NOW, "SM1"),
    Status.DELIVERY_FAILURE: lambda it: it.failed(NOW, Rejected("21617", "too long")),
    Status.INACTIVE_DEVICE: lambda it: it.inactive_device(NOW, InvalidAddress("21211")),
    Status.OPTED_OUT: lambda it: it.opted_out(NOW, "the user opted out"),
    Status.UNKNOWN: lambda it: it.unknown(NOW, OutcomeUnknown("read-timeout")),
    Status.CANCELLED: lambda it: it.cancelled(NOW),
    Status.EXPIRED: lambda it: it.expired(NOW),
}
