"""The functions count what became of notifications, and each status once."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from infra.simulator.mail import ses_events
from notification_core.domain.clock import utc_now
from notification_core.domain.counters import LATE, Counts
from notification_core.domain.notification import Notification
from notification_core.domain.status import Status
from tests.functions.consumers import Consumer
from tests.functions.mail_events import hand_over, mail_of, message
from tests.functions.public import Twilio
from tests.functions.targets import Services, some_address, some_number, through_the_simulator


def counted(consumer: Consumer) -> Counts:
    """The counts that are stored, without lateness."""
    now = utc_now()
    found = Counts()
    for counts in consumer.ports.counters.read(now - timedelta(hours=1), now).values():
        found += Counts({key: count for key, count in counts.items() if key[1] != LATE})
    return found


@pytest.fixture
def email(services: Services) -> Iterator[Consumer]:
    """The function that sends e-mails through SES, which reports about them by events."""
    with through_the_simulator(services, SES_CONFIGURATION_SET="notifications") as consumer:
        yield consumer


def test_twilios_function_and_its_callbacks_count_each_status_once(twilio: Consumer) -> None:
    before = counted(twilio)
    sent = twilio.deliver(some_number())
    target = sent.target
    for _ in range(2):
        assert Twilio().says(sent, "delivered") == 204

    assert counted(twilio) - before == {(target, "SENT", ""): 1, (target, "DELIVERED", ""): 1}


def test_a_callback_that_changes_nothing_counts_nothing(
    twilio: Consumer, sent: Notification
) -> None:
    before = counted(twilio)

    assert Twilio().says(sent, "sending") == 204

    assert counted(twilio) == before


def test_a_failed_callback_is_counted_with_its_code(twilio: Consumer, sent: Notification) -> None:
    before = counted(twilio)

    assert Twilio().says(sent, "undelivered", "30003") == 204

    assert {key[2] for key in counted(twilio) - before} == {"30003"}


def test_the_events_of_ses_are_counted_once(email: Consumer) -> None:
    sent = email.deliver(some_address("silent"))
    assert sent.status is Status.SENT
    before = counted(email)
    event = ses_events.delivered(mail_of(email, sent))

    hand_over(message(event), message(event))

    assert counted(email) - before == {(sent.target, "DELIVERED", ""): 1}
