"""Explain a notification's status from its timeline and the current state of the system."""

from dataclasses import dataclass
from typing import Protocol

from notification_core.domain.addresses import TargetUserRecord
from notification_core.domain.consent import OptOut
from notification_core.domain.explanation import Explanation, explain_notification
from notification_core.domain.modules import Module
from notification_core.domain.notification import Notification
from notification_core.ports import HasClock, HasModules, HasNotifications, HasOptOuts, HasRecords
from notification_core.usecases.queries.listing import get_stored_notification


class ExplainPorts(HasClock, HasModules, HasNotifications, HasOptOuts, HasRecords, Protocol):
    """The ports that these use cases need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedNotification:
    """A notification, the state of the system that concerns it, and what follows from both."""

    notification: Notification  #: without its content if the content is large
    record: TargetUserRecord | None
    opt_out: OptOut | None
    module: Module | None
    explanation: Explanation


def explain(ports: ExplainPorts, notification_id: str) -> Explanation:
    """Return each decision about a notification, and the next step.

    Raises:
        NotFound: no notification has this id.
    """
    return explain_in_full(ports, notification_id).explanation


def explain_in_full(ports: ExplainPorts, notification_id: str) -> ExplainedNotification:
    """Return an explanation together with what it is derived from. Raises as `explain`."""
    notification = get_stored_notification(ports, notification_id)
    record_id = notification.target_user_record
    record = ports.records.get([record_id]).get(record_id)
    opt_out = ports.opt_outs.get([notification.user]).get(notification.user)
    module = ports.modules.get(notification.module)
    explanation = explain_notification(notification, record, opt_out, module, ports.clock())
    return ExplainedNotification(
        notification=notification,
        record=record,
        opt_out=opt_out,
        module=module,
        explanation=explanation,
    )
