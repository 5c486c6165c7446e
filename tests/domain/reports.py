"""Delivery reports about a message, and notifications before and after them."""

from datetime import datetime, timedelta

from notification_core.domain.delivery import (
    ClassifiedReport,
    Complained,
    DeliveryReport,
    ReportContent,
)
from notification_core.domain.delivery_reports import apply_report
from notification_core.domain.errors import Unavailable
from notification_core.domain.failures import OutcomeUnknown, ProviderError
from notification_core.domain.modules import Module
from notification_core.domain.notification import Notification
from notification_core.domain.status import Status
from tests.builders import NOON, TELLING, a_claim, a_claimed, a_module

NOW = NOON + timedelta(minutes=5)
LATER = NOW + timedelta(minutes=5)
MODULE = a_module(confirmation=TELLING)
COMPLAINT = Complained("Complaint", "abuse")


def a_report(
    content: ReportContent | ProviderError,
    message_id: str = "SM1",
    attempt: int | None = 1,
    module: Module = MODULE,
) -> ClassifiedReport:
    """A delivery report about one message, classified."""
    report = DeliveryReport(
        notification_id="it", provider_message_id=message_id, attempt=attempt, content=content
    )
    return report.classified(module.errors)


def sent(message_id: str = "SM1") -> Notification:
    """A notification that the provider accepted, with a poll in an hour."""
    return a_claimed().sent(NOON, message_id, NOON + timedelta(hours=1))


def after_reports(
    before: Notification, *reports: ClassifiedReport, module: Module = MODULE
) -> Notification:
    """Return the notification after these reports."""
    for report in reports:
        before = apply_report(before, report, module, NOW) or before
    return before


def given_up() -> Notification:
    """A sent notification that was never confirmed."""
    return sent().unconfirmed(NOON + timedelta(hours=1))


def doubtful() -> Notification:
    """A notification that may have been sent and is tried again."""
    return a_claimed().possibly_sent(NOON, OutcomeUnknown("read-timeout"), LATER)


def unknown() -> Notification:
    """A notification that may have been sent and is not tried again."""
    return a_claimed().unknown(NOON, OutcomeUnknown("read-timeout"))


def events(notification: Notification | None) -> list[str]:
    """Return the events of a timeline."""
    assert notification is not None
    return [each.event for each in notification.timeline]


def second_attempt() -> Notification:
    """A notification whose first attempt may have been sent, during the second."""
    return doubtful().claimed(a_claim(LATER), LATER)


def applied(
    before: Notification, report: ClassifiedReport, module: Module, now: datetime
) -> Notification | None:
    """Apply a report; returns None if it changes nothing or has to come again."""
    try:
        return apply_report(before, report, module, now)
    except Unavailable:
        assert before.status is Status.SENDING
        return None
