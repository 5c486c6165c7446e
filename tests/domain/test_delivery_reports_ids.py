"""Message ids of providers that a store cannot index: too long, or empty."""

from notification_core.domain.delivery import Accepted, Confirmed
from notification_core.domain.failures import Rejected
from notification_core.domain.status import Status
from tests.builders import a_claimed
from tests.domain.reports import a_report, after_reports, sent

LONG = "x" * 3000


def test_a_report_with_a_long_id_is_about_the_message_with_that_id() -> None:
    message_id = Accepted(LONG).provider_message_id
    assert message_id is not None

    assert after_reports(sent(message_id), a_report(Confirmed(), LONG)).status is Status.DELIVERED
    assert len(message_id) == 512


def test_a_report_without_an_id_stores_none() -> None:
    after = after_reports(a_claimed(), a_report(Rejected("21617"), ""))

    assert after.status is Status.DELIVERY_FAILURE
    assert after.provider_message_id is None
