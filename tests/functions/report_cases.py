"""The ways in which providers report what became of a message, for `test_every_report.py`."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Protocol

from infra.simulator.mail import ses_events
from infra.simulator.mail.ses_events import Mail
from notification_core.domain.notification import Notification
from tests.functions.consumers import Consumer
from tests.functions.mail_events import hand_over, mail_of, message
from tests.functions.provider_cases import DEFAULT, SES, TWILIO, ProviderCase
from tests.functions.public import Twilio
from tests.functions.targets import Services


@dataclass(frozen=True)
class Report:
    """One message, as the provider names it. The defaults are the notification's own message."""

    notification: Notification
    message_id: str = ""
    attempt: int | None = None
    to: str = ""  #: the recipient's address


class Reporter(Protocol):
    """A provider that reports. Each method returns False where the report has to come again."""

    def delivered(self, report: Report) -> bool:
        """Report that the message arrived."""

    def invalid_address(self, report: Report) -> bool:
        """Report that the address cannot be delivered to."""

    def soft_failure(self, report: Report) -> bool:
        """Report that the recipient cannot be reached at present."""


@dataclass
class TwilioReporter:
    """Twilio, which calls a URL."""

    consumer: Consumer

    def delivered(self, report: Report) -> bool:
        return self._call(report, "delivered", "")

    def invalid_address(self, report: Report) -> bool:
        return self._call(report, "undelivered", "30005")

    def soft_failure(self, report: Report) -> bool:
        return self._call(report, "undelivered", "30003")

    def _call(self, report: Report, status: str, code: str) -> bool:
        form = {"MessageSid": report.message_id, "To": report.to}
        answer = Twilio().says(
            report.notification,
            status,
            code,
            attempt=report.attempt or 1,
            **{name: value for name, value in form.items() if value},
        )
        assert answer in {204, 503}
        return answer == 204


@dataclass
class SesReporter:
    """Amazon SES, whose events come by a queue."""

    consumer: Consumer

    def delivered(self, report: Report) -> bool:
        return hand_over(message(ses_events.delivered(self._mail(report)))) == []

    def invalid_address(self, report: Report) -> bool:
        event = ses_events.bounced(self._mail(report), "Permanent", "General")
        return hand_over(message(event)) == []

    def soft_failure(self, report: Report) -> bool:
        event = ses_events.bounced(self._mail(report), "Transient", "MailboxFull")
        return hand_over(message(event)) == []

    def _mail(self, report: Report) -> Mail:
        mail = mail_of(self.consumer, report.notification, report.message_id)
        if report.attempt is not None:
            mail = replace(mail, tags={**mail.tags, "attempt": str(report.attempt)})
        return replace(mail, destination=[report.to]) if report.to else mail


@dataclass(frozen=True)
class ReportCase:
    """A provider that reports by itself, and the codes of its two failures."""

    provider: ProviderCase
    reporter: Callable[[Consumer], Reporter]
    unreported: str  #: the outcome of a message that the simulator does not report by itself
    invalid_address: str
    soft_failure: str

    def deploy(self, services: Services) -> AbstractContextManager[Consumer]:
        """Run the function that sends."""
        return self.provider.deploy(services, DEFAULT)


REPORT_CASES = [
    ReportCase(
        provider=TWILIO,
        reporter=TwilioReporter,
        unreported="ok",
        invalid_address="30005",
        soft_failure="30003",
    ),
    ReportCase(
        provider=SES,
        reporter=SesReporter,
        unreported="silent",
        invalid_address="5.1.1",
        soft_failure="5.2.2",
    ),
]
