"""Explain a notification's status from its timeline and the current state of the system."""

from typing import Protocol

from notification_core.domain.explanation import Explanation, explain_notification
from notification_core.ports import HasClock, HasModules, HasNotifications, HasOptOuts, HasRecords
from notification_core.usecases.queries.listing import get_stored_notification


class ExplainPorts(HasClock, HasModules, HasNotifications, HasOptOuts, HasRecords, Protocol):
    """The ports that these use cases need."""


def explain(ports: ExplainPorts, notification_id: str) -> Explanation:
    """Return each decision about a notification, and the next step.

    Raises:
        NotFound: there is no notification with this id.
    """
    notification = get_stored_notification(ports, notification_id)
    record_id = notification.target_user_record
    return explain_notification(
        notification,
        ports.records.get([record_id]).get(record_id),
        ports.opt_outs.get([notification.user]).get(notification.user),
        ports.modules.get(notification.module),
        ports.clock(),
    )
