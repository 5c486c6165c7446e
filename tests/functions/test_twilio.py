"""The Twilio function: the real SDK against the simulator."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from infra.simulator.settings import ACCOUNT_SID, AUTH_TOKEN
from notifications.domain.status import Status
from notifications.ports import Ports
from notifications.usecases.enqueue import wake_up_of
from tests.emulator import Emulator
from tests.functions.conftest import Api, Context
from tests.functions.consumers import Consumer, consumer
from tests.simulator import Running

SECRET = {"account_sid": ACCOUNT_SID, "auth_token": AUTH_TOKEN, "from": "+15005550006"}


@pytest.fixture
def twilio(live: Ports, api: Api, emulator: Emulator, simulator: Running) -> Iterator[Consumer]:
    """The function with credentials that the provider knows."""
    del api  # the targets are registered
    with consumer(live, emulator, "Twilio", simulator.url, SECRET) as made:
        yield made


def test_a_message_is_delivered(twilio: Consumer, simulator: Running) -> None:
    done = twilio.deliver(
        "+15551230001", body="Your code is 1234", extra={"media_url": ["https://x.test/a.png"]}
    )

    [message] = simulator.inbox("+15551230001")
    assert done.status is Status.DELIVERED
    assert done.provider_message_id == message["provider_message_id"]
    assert message["body"] == "Your code is 1234"
    assert message["extra"]["media_urls"] == ["https://x.test/a.png"]
    assert [each.event for each in done.timeline] == ["scheduled", "claimed", "delivered"]


@pytest.mark.parametrize(
    ("number", "status", "failures", "active", "code"),
    [
        ("+15005550001", Status.INACTIVE_DEVICE, 0, False, "21211"),
        ("+15005550009", Status.INACTIVE_DEVICE, 0, False, "21614"),
        ("+15005550002", Status.DELIVERY_FAILURE, 1, True, "21612"),
        ("+15005550003", Status.RETRY, 0, True, "21408"),
        ("+15005550004", Status.OPTED_OUT, 0, True, "21610"),
        ("+15992042901", Status.RETRY, 0, True, "20429"),
        ("+15993050001", Status.RETRY, 1, True, "30500"),
        ("+15993000701", Status.DELIVERY_FAILURE, 1, True, "30007"),
        ("+15990001201", Status.DELIVERY_FAILURE, 1, True, "12"),
        ("+15985030001", Status.UNKNOWN, 1, True, "503"),
        ("+15984180001", Status.DELIVERY_FAILURE, 1, True, "418"),
        ("+15970100001", Status.RETRY, 1, True, "20503"),
        ("+15940000001", Status.UNKNOWN, 1, True, "connection-cut"),
    ],
)
def test_what_each_answer_leads_to(
    twilio: Consumer, number: str, status: Status, failures: int, active: bool, code: str
) -> None:
    done = twilio.deliver(number)

    assert (done.status, done.retry_attempts) == (status, failures)
    assert done.last_error is not None
    assert done.last_error.code == code
    assert number not in done.last_error.message
    assert twilio.record_of(done).active is active


def test_a_throttled_message_waits_as_long_as_it_was_asked_to(twilio: Consumer) -> None:
    done = twilio.deliver("+15930100001")

    assert done.due_at is not None
    assert timedelta(seconds=1) <= done.due_at - done.updated_at <= timedelta(seconds=2)


def test_it_fails_once_and_then_succeeds(twilio: Consumer, simulator: Running) -> None:
    number = "+15970100002"
    done = twilio.deliver(number, retry_time_interval=1)
    assert done.status is Status.RETRY
    twilio.run(wake_up_of(done))
    done = twilio.stored(done)

    assert (done.status, done.retry_attempts) == (Status.DELIVERED, 1)
    assert len(simulator.inbox(number)) == 1


def test_a_hundred_are_sent_at_once_and_each_of_them_once(
    twilio: Consumer, simulator: Running
) -> None:
    notifications = twilio.ask_many(100, twilio.record("+15551240000"))
    wake_ups = [wake_up_of(each) for each in notifications]

    assert twilio.run(*wake_ups, *wake_ups) == []
    assert twilio.run(*wake_ups) == []

    assert {twilio.stored(each).status for each in notifications} == {Status.DELIVERED}
    assert len(simulator.inbox("+15551240000")) == 100


def test_a_message_that_is_none_is_handed_back(twilio: Consumer) -> None:
    event = {"Records": [{"messageId": "a", "body": "hello"}, {"messageId": "b", "body": "{}"}]}

    answer = twilio.handler.lambda_handler(event, Context())

    assert answer == {"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": "b"}]}


@pytest.mark.parametrize(
    ("secret", "code"),
    [
        ({}, "secret-incomplete"),
        (SECRET | {"auth_token": "wrong"}, "20003"),
        (SECRET | {"from": ""}, "no-sender"),
    ],
)
def test_wrong_credentials_fail_nothing(
    live: Ports,
    api: Api,
    emulator: Emulator,
    simulator: Running,
    secret: dict[str, str],
    code: str,
) -> None:
    del api
    with consumer(live, emulator, "Twilio", simulator.url, secret) as twilio:
        done = twilio.deliver("+15551230002")

    assert (done.status, done.retry_attempts) == (Status.RETRY, 0)
    assert done.last_error is not None
    assert (done.last_error.blame, done.last_error.code) == ("configuration", code)


def test_a_provider_that_is_not_there_is_tried_again(
    live: Ports, api: Api, emulator: Emulator
) -> None:
    del api
    with consumer(live, emulator, "Twilio", "http://127.0.0.1:9", SECRET) as twilio:
        done = twilio.deliver("+15551230003")

    assert (done.status, done.retry_attempts) == (Status.RETRY, 1)
    assert done.last_error is not None
    assert done.last_error.code == "not-connected"


def test_no_log_line_tells_a_number_or_a_text(
    twilio: Consumer, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "notifications")
    twilio.deliver("+15551230005", body="a secret text")
    twilio.deliver("+15005550001", body="a secret text")

    written = "".join(capfd.readouterr()) + caplog.text
    assert "Received" in written
    assert "5551230005" not in written
    assert "secret text" not in written
