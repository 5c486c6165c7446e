"""What a provider says of a message, and what it makes of a notification."""

from datetime import datetime, timedelta

from notification_core.domain.delivery_reports import (
    DeliveryReport,
    apply_report,
)
from notification_core.domain.errors import Unavailable
from notification_core.domain.modules import Module
from notification_core.domain.notification import Notification
from notification_core.domain.outcomes import (
    Complained,
    OutcomeUnknown,
    ProviderError,
    ReportContent,
)
from notification_core.domain.status import Status
from tests.builders import (
    NOON,
    TELLING,
    a_claim,
    a_claimed,
    a_module,
)

NOW = NOON + timedelta(minutes=5)
LATER = NOW + timedelta(minutes=5)
MODULE = a_module(confirmation=TELLING)
COMPLAINT = Complained("Complaint", "abuse")


def of(
    news: ReportContent | ProviderError, message_id: str = "SM1", attempt: int | None = 1
) -> DeliveryReport:
    """What the provider says of one message."""
    return DeliveryReport(
        notification_id="it", provider_message_id=message_id, attempt=attempt, news=news
    )


def sent(message_id: str = "SM1") -> Notification:
    """What the provider took, and what is looked for in an hour."""
    return a_claimed().sent(NOON, message_id, NOON + timedelta(hours=1))


def heard(before: Notification, *reports: DeliveryReport, module: Module = MODULE) -> Notification:
    """Return the notification after these reports."""
    for report in reports:
        before = apply_report(before, report, module, NOW) or before
    return before


def given_up() -> Notification:
    """What the provider never said another word of."""
    return sent().unconfirmed(NOON + timedelta(hours=1))


def doubtful() -> Notification:
    """What may have gone and is tried again."""
    return a_claimed().possibly_sent(NOON, OutcomeUnknown("read-timeout"), LATER)


def unknown() -> Notification:
    """What may have gone and is not tried again."""
    return a_claimed().unknown(NOON, OutcomeUnknown("read-timeout"))


def events(notification: Notification | None) -> list[str]:
    """Return the words of its timeline."""
    assert notification is not None
    return [each.event for each in notification.timeline]


def second_attempt() -> Notification:
    """A second attempt under way, the first of which may have gone."""
    return doubtful().claimed(a_claim(LATER), LATER)


def told_now(
    before: Notification, report: DeliveryReport, module: Module, now: datetime
) -> Notification | None:
    """Tell it; None where it changes nothing, or has to come again."""
    try:
        return apply_report(before, report, module, now)
    except Unavailable:
        assert before.status is Status.SENDING
        return None
