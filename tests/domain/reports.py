"""What a provider says of a message, and what it makes of a notification."""

from datetime import timedelta

from notification_core.domain.delivery import ReportContent
from notification_core.domain.delivery_reports import ClassifiedReport, DeliveryReport, apply_report
from notification_core.domain.failures import ProviderError
from notification_core.domain.modules import Module
from notification_core.domain.notification import Notification
from tests.builders import NOON, TELLING, a_claimed, a_module

NOW = NOON + timedelta(minutes=5)
MODULE = a_module(confirmation=TELLING)


def of(
    content: ReportContent | ProviderError,
    message_id: str = "SM1",
    attempt: int | None = 1,
    module: Module = MODULE,
) -> ClassifiedReport:
    """What the provider says of one message."""
    report = DeliveryReport(
        notification_id="it", provider_message_id=message_id, attempt=attempt, content=content
    )
    return report.classified(module.errors)


def sent(message_id: str = "SM1") -> Notification:
    """What the provider took, and what is looked for in an hour."""
    return a_claimed().sent(NOON, message_id, NOON + timedelta(hours=1))


def heard(
    before: Notification, *reports: ClassifiedReport, module: Module = MODULE
) -> Notification:
    """Return the notification after these reports."""
    for report in reports:
        before = apply_report(before, report, module, NOW) or before
    return before
