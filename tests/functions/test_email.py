"""The Email function through SES: the real SDK, the emulator's SES and the simulator's."""

import json
from collections.abc import Iterator
from datetime import timedelta
from urllib.request import urlopen
from uuid import uuid4

import pytest

from notification_core.domain.clock import utc_now
from notification_core.domain.error_table import Row
from notification_core.domain.failures import ErrorClass
from notification_core.domain.status import ConfirmationState, Status
from notification_core.entrypoints.unsubscribe.handler import Subscription, unseal
from tests.emulator import Emulator
from tests.functions.consumers import Consumer
from tests.functions.ends import assert_ended
from tests.functions.targets import SENDER, Services, some_address, through_the_simulator
from tests.simulator import Running, eventually

PUBLIC_URL = "https://notify.example.com/v1"


@pytest.fixture
def by_ses(services: Services) -> Iterator[Consumer]:
    """The function with the emulator's SES."""
    services.emulator.client("ses").verify_email_identity(EmailAddress="breakfast@example.com")
    with services.consumer("Email", {}, EMAIL_FROM=SENDER) as made:
        yield made


@pytest.fixture
def email(services: Services) -> Iterator[Consumer]:
    """The function as it is deployed, told of events and with unsubscribe links."""
    name = f"unsubscribe-{uuid4()}"
    secret = json.dumps({"key": "a key"})
    services.emulator.client("secretsmanager").create_secret(Name=name, SecretString=secret)
    environment = {
        "PUBLIC_URL": PUBLIC_URL,
        "UNSUBSCRIBE_SECRET_ID": name,
        "SES_CONFIGURATION_SET": "notifications",
    }
    with through_the_simulator(services, **environment) as made:
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
    assert done.provider_message_id == mail["MessageId"]
    assert mail["Subject"] == "Good morning"
    assert mail["BodyText"].strip() == "Hello you"
    assert "<b>you</b>" in mail["BodyHtml"]


def test_without_events_what_ses_takes_counts_as_delivered(by_ses: Consumer) -> None:
    done = by_ses.deliver(some_address())

    assert (done.status, done.confirmation(utc_now())) == (Status.DELIVERED, None)


def test_a_large_mail_arrives_whole(by_ses: Consumer, emulator: Emulator) -> None:
    body = "ünïcode " * 20_000
    by_ses.deliver("large@example.com", body=body)

    [mail] = sent_by_ses(emulator, "large@example.com")
    assert mail["BodyText"].split() == body.split()


def test_with_events_a_mail_is_sent_and_named_in_them(email: Consumer, simulator: Running) -> None:
    address = some_address()
    done = email.deliver(address)

    assert (done.status, done.confirmation(utc_now())) == (Status.SENT, ConfirmationState.AWAITED)
    [mail] = simulator.inbox(address)
    assert mail["extra"]["tags"] == {"notification": done.id, "attempt": "1"}
    [event] = eventually(lambda: simulator.get("/events", to=address)["items"], bool)
    tags = event["detail"]["mail"]["tags"]
    assert tags["ses:configuration-set"] == ["notifications"]
    assert (tags["notification"], tags["attempt"]) == ([done.id], ["1"])


def test_a_mail_of_no_configuration_set_carries_no_tags(
    services: Services, simulator: Running
) -> None:
    address = some_address()
    with through_the_simulator(services) as plain:
        assert plain.deliver(address).status is Status.DELIVERED

    assert simulator.inbox(address)[0]["extra"]["tags"] == {}
    assert simulator.get("/events", to=address)["items"] == []


def test_a_mail_without_events_is_given_up_after_three_days(email: Consumer) -> None:
    done = email.deliver(some_address("silent"))

    assert (done.status, done.due_at) == (Status.SENT, None)
    assert done.awaited_until is not None
    assert timedelta(days=3) <= done.awaited_until - done.created_at < timedelta(days=3, minutes=1)
    assert done.confirmation(done.awaited_until) is ConfirmationState.NONE


def test_a_mail_of_a_category_can_be_unsubscribed_from(email: Consumer, simulator: Running) -> None:
    address = some_address()
    email.user = f"{uuid4().hex}-{'ü€😀' * 32}"[:128]
    done = email.deliver(address, category="news")

    headers = simulator.inbox(address)[0]["extra"]["headers"]
    assert len(done.user) == 128
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    before, token = headers["List-Unsubscribe"].split("/unsubscribe/")
    assert before == f"<{PUBLIC_URL}"
    assert unseal(token.rstrip(">")) == Subscription(done.user, "news", done.id)


@pytest.mark.parametrize("category", [None, "security"])
def test_a_mail_without_a_category_to_opt_out_of_has_no_unsubscribe_link(
    email: Consumer, simulator: Running, category: str | None
) -> None:
    address = some_address()
    email.deliver(address, category=category)

    headers = simulator.inbox(address)[0]["extra"]["headers"]
    assert not {"List-Unsubscribe", "List-Unsubscribe-Post"} & headers.keys()


def test_a_mail_that_needs_a_link_does_not_go_without_the_key(
    services: Services, simulator: Running
) -> None:
    environment = {"PUBLIC_URL": PUBLIC_URL, "UNSUBSCRIBE_SECRET_ID": "there-is-none"}
    address, other = some_address(), some_address()
    with through_the_simulator(services, **environment) as email:
        done = email.deliver(address, category="news")
        configuration = Row(error_class=ErrorClass.CONFIGURATION)
        assert_ended(email, done, "secret-unreadable", configuration)
        email.ports.modules.resume("email")
        assert email.deliver(other).status is Status.DELIVERED

    assert simulator.inbox(address) == []
