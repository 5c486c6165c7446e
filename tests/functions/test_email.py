"""The Email function: SES in the emulator, and a mail server in the simulator."""

import json
from collections.abc import Iterator
from urllib.request import urlopen

import pytest

from notifications.domain.status import Status
from notifications.ports import Ports
from notifications.usecases.enqueue import wake_up_of
from tests.emulator import Emulator
from tests.functions.conftest import Api
from tests.functions.consumers import Consumer, consumer
from tests.simulator import Running

SENDER = "Breakfast <breakfast@example.com>"


@pytest.fixture
def by_ses(live: Ports, api: Api, emulator: Emulator) -> Iterator[Consumer]:
    """The function as it is deployed by default."""
    del api
    emulator.client("ses").verify_email_identity(EmailAddress="breakfast@example.com")
    with consumer(live, emulator, "Email", EMAIL_FROM=SENDER) as made:
        yield made


@pytest.fixture
def by_smtp(live: Ports, api: Api, emulator: Emulator, simulator: Running) -> Iterator[Consumer]:
    """The function with a mail server instead."""
    del api
    server = {"host": "127.0.0.1", "port": simulator.smtp_port, "security": "none"}
    environment = {"EMAIL_FROM": SENDER, "EMAIL_TRANSPORT": "smtp"}
    with consumer(live, emulator, "Email", secret=server, **environment) as made:
        yield made


def sent_by_ses(emulator: Emulator, address: str) -> list[dict[str, str]]:
    """What SES was given for an address."""
    with urlopen(f"{emulator.url}/_ministack/ses/messages", timeout=5) as answer:
        text = answer.read().decode()
    accounts = json.loads(text)["messages"].values()
    return [each for sent in accounts for each in sent if address in each["To"]]


def test_a_mail_goes_through_ses(by_ses: Consumer, emulator: Emulator) -> None:
    done = by_ses.deliver("eggs@example.com", title="Good morning", body="<p>Hello <b>you</b></p>")

    [mail] = sent_by_ses(emulator, "eggs@example.com")
    assert done.status is Status.DELIVERED
    assert done.provider_message_id == mail["MessageId"]
    assert mail["Subject"] == "Good morning"
    assert mail["BodyText"].strip() == "Hello you"
    assert "<b>you</b>" in mail["BodyHtml"]


def test_a_large_mail_arrives_whole(by_ses: Consumer, emulator: Emulator) -> None:
    body = "ünïcode " * 20_000
    done = by_ses.deliver("large@example.com", body=body)

    [mail] = sent_by_ses(emulator, "large@example.com")
    assert done.status is Status.DELIVERED
    assert mail["BodyText"].split() == body.split()


def test_a_mail_goes_through_a_mail_server(by_smtp: Consumer, simulator: Running) -> None:
    done = by_smtp.deliver("bacon@example.com", extra={"reply_to": "me@example.com"})

    [mail] = simulator.inbox("bacon@example.com")
    assert done.status is Status.DELIVERED
    assert done.provider_message_id == f"<{done.id}@example.com>"
    assert (mail["title"], mail["body"].strip()) == ("Hello", "There")


@pytest.mark.parametrize(
    ("name", "status", "failures", "active", "code"),
    [
        ("code-550-a", Status.INACTIVE_DEVICE, 0, False, "550"),
        ("code-552-a", Status.DELIVERY_FAILURE, 1, True, "552"),
        ("code-450-a", Status.RETRY, 1, True, "450"),
        ("fail-1-a", Status.RETRY, 1, True, "451"),
        ("cut-a", Status.RETRY, 1, True, "connection-cut"),
    ],
)
def test_what_each_reply_leads_to(
    by_smtp: Consumer, name: str, status: Status, failures: int, active: bool, code: str
) -> None:
    done = by_smtp.deliver(f"{name}@example.com")

    assert (done.status, done.retry_attempts) == (status, failures)
    assert done.last_error is not None
    assert done.last_error.code == code
    assert by_smtp.record_of(done).active is active


def test_a_connection_is_kept_and_a_cut_one_replaced(by_smtp: Consumer, simulator: Running) -> None:
    for n in range(3):
        assert by_smtp.deliver(f"kept-{n}@example.com").status is Status.DELIVERED
    by_smtp.deliver("cut-b@example.com")

    assert by_smtp.deliver("after@example.com").status is Status.DELIVERED
    assert len(simulator.inbox("after@example.com")) == 1


def test_a_mail_server_that_is_not_there_is_tried_again(
    live: Ports, api: Api, emulator: Emulator
) -> None:
    del api
    server = {"host": "127.0.0.1", "port": 9, "security": "none"}
    environment = {"EMAIL_FROM": SENDER, "EMAIL_TRANSPORT": "smtp"}
    with consumer(live, emulator, "Email", secret=server, **environment) as by_smtp:
        done = by_smtp.deliver("nobody@example.com")

    assert (done.status, done.retry_attempts) == (Status.RETRY, 1)


def test_a_retried_mail_has_the_same_message_id(by_smtp: Consumer, simulator: Running) -> None:
    done = by_smtp.deliver("fail-1-b@example.com", retry_time_interval=1)
    by_smtp.run(wake_up_of(done))
    done = by_smtp.stored(done)

    assert (done.status, done.retry_attempts) == (Status.DELIVERED, 1)
    assert done.provider_message_id == f"<{done.id}@example.com>"
    assert len(simulator.inbox("fail-1-b@example.com")) == 1
