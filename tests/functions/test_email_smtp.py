"""The Email function through a mail server: the simulator's, and one that says what it is told."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from notification_core.domain.clock import utc_now
from notification_core.domain.error_table import Row
from notification_core.domain.failures import ErrorClass
from notification_core.domain.status import Status
from tests.functions.consumers import Consumer
from tests.functions.ends import assert_ended, enhanced_code, mail_rows, table_of
from tests.functions.mail_server import CUT, MailServer, mail_server
from tests.functions.targets import SENDER, Services, by_smtp, some_address
from tests.simulator import Running

TABLE = table_of("email").rows
ROWS = mail_rows("smtp")
ENHANCED = {key: row for key, row in mail_rows("enhanced").items() if key[0] == "5"}

#: What a server says where no number tells.
WORDS = {
    "not verified": "554 Message rejected: Email address is not verified.",
    "DailyQuotaExceeded": "454 Throttling failure: Daily message quota exceeded.",
}


@pytest.fixture
def email(services: Services, simulator: Running) -> Iterator[Consumer]:
    """The function with the simulator's mail server."""
    with by_smtp(services, MailServer(simulator.smtp_port)) as made:
        yield made


def reply_of(what: str) -> str:
    """Return a reply that stands for this part of a code."""
    if what in WORDS:
        return WORDS[what]
    digits = what.count(".")
    if not digits:
        return f"{what} no"
    enhanced = what if digits > 1 else f"{what}.99"
    return f"{'451' if what[0] == '4' else '554'} {enhanced} no"


def test_a_mail_that_a_server_takes_is_delivered(email: Consumer, simulator: Running) -> None:
    done = email.deliver("bacon@example.com", extra={"reply_to": "me@example.com"})

    [mail] = simulator.inbox("bacon@example.com")
    assert (done.status, done.confirmation(utc_now())) == (Status.DELIVERED, None)
    assert done.provider_message_id == f"<{done.id}@example.com>"
    assert (mail["title"], mail["body"].strip()) == ("Hello", "There")
    assert [each.event for each in done.timeline] == ["scheduled", "claimed", "delivered"]


@pytest.mark.parametrize(("code", "row"), ROWS.items(), ids=ROWS)
def test_every_reply_code_has_the_effect_of_its_row(
    services: Services, code: str, row: Row
) -> None:
    step, _, what = code.partition(" ")
    with (
        mail_server(**{step: reply_of(what)}) as server,
        by_smtp(services, server) as email,
    ):
        assert_ended(email, email.deliver(some_address()), code, row)


@pytest.mark.parametrize("step", ["RCPT", "DATA"])
@pytest.mark.parametrize(("key", "row"), ENHANCED.items(), ids=ENHANCED)
def test_a_permanent_refusal_uses_the_rows_of_bounces(
    services: Services, step: str, key: str, row: Row
) -> None:
    """What our own mail server refuses us for pauses the target at once, and waits."""
    reply = f"554 {enhanced_code(key)} no"
    with mail_server(**{step: reply}) as server, by_smtp(services, server) as email:
        assert_ended(email, email.deliver(some_address()), key, row)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("code-421", "RCPT 421"),
        ("code-450", "RCPT 450"),
        ("code-451", "RCPT 451"),
        ("code-452", "RCPT 452"),
        ("code-550", "5.1.1"),
        ("code-551", "5.1.6"),
        ("code-552", "5.2.2"),
        ("code-553", "5.1.3"),
        ("fail-1", "RCPT 451"),
        ("throttle-1", "RCPT 454"),
        ("data-454", "DATA 4.7.0"),
        ("data-552", "5.3"),
        ("data-554", "5.7.1"),
        ("data-554-unverified", "DATA not verified"),
    ],
)
def test_the_reply_of_a_mail_server_to_a_recipient_or_a_text_is_the_code(
    email: Consumer, name: str, code: str
) -> None:
    assert_ended(email, email.deliver(some_address(name)), code, TABLE[code])


@pytest.mark.parametrize(("username", "code"), [("code-454", "AUTH 454"), ("code-535", "AUTH 535")])
def test_a_login_that_fails_now_is_not_one_that_is_wrong(
    services: Services, simulator: Running, username: str, code: str
) -> None:
    """What smtplib raises is the same for both."""
    server = MailServer(simulator.smtp_port)
    environment = {"EMAIL_FROM": SENDER, "EMAIL_TRANSPORT": "smtp"}
    secret = server.secret(username=username)
    with services.consumer("Email", secret, **environment) as email:
        assert_ended(email, email.deliver(some_address()), code, TABLE[code])


@pytest.mark.parametrize(
    ("sender", "code", "error_class"),
    [
        ("code-421", "FROM 421", ErrorClass.TRANSIENT),
        ("code-451", "FROM 451", ErrorClass.TRANSIENT),
        ("code-501", "FROM 501", ErrorClass.CONFIGURATION),
        ("code-530", "AUTH 530", ErrorClass.CONFIGURATION),
        ("code-550", "FROM 550", ErrorClass.CONFIGURATION),
        ("code-553", "FROM 553", ErrorClass.CONFIGURATION),
        ("code-555", "FROM 555", ErrorClass.CONFIGURATION),
    ],
)
def test_a_sender_that_is_refused_is_our_fault(
    services: Services,
    simulator: Running,
    sender: str,
    code: str,
    error_class: ErrorClass,
) -> None:
    server, more = MailServer(simulator.smtp_port), {"EMAIL_FROM": f"{sender}@example.com"}
    with by_smtp(services, server, **more) as email:
        done = email.deliver(some_address())

        assert_ended(email, done, code, Row(error_class=error_class))


@pytest.mark.parametrize(
    ("step", "reply", "code", "error_class"),
    [
        ("RCPT", "550 5.7.0 no", "5.7", ErrorClass.MESSAGE),
        ("DATA", "421 4.7.26 Unauthenticated mail", "DATA 421", ErrorClass.TRANSIENT),
        ("RCPT", "554 no", "RCPT 554", ErrorClass.MESSAGE),
        ("RCPT", "550 5.4.1 Access denied", "RCPT 550", ErrorClass.RECIPIENT),
        ("RCPT", "550 see 15.1.8.1", "RCPT 550", ErrorClass.RECIPIENT),
        ("RCPT", "450 4.7.1 Greylisted", "RCPT 450", ErrorClass.TRANSIENT),
        ("DATA", "451 4.3.0 later", "DATA 451", ErrorClass.TRANSIENT),
        ("DATA", "554 Access denied: User is not authorized", "DATA not verified", "configuration"),
        ("DATA", "454 Throttling failure: Maximum sending rate exceeded", "DATA 454", "throttled"),
        ("BEGIN", "451 4.3.0 later", "DATA 451", ErrorClass.TRANSIENT),
        ("CONNECT", "550 go away", "CONNECT 550", ErrorClass.CONFIGURATION),
        ("CONNECT", CUT, "not-connected", ErrorClass.TRANSIENT),
        ("AUTH", CUT, "not-connected", ErrorClass.TRANSIENT),
        ("RCPT", "550-5.1.1 There is\r\n550 5.1.1 nobody", "5.1.1", ErrorClass.RECIPIENT),
    ],
)
def test_a_reply_outside_the_table_is_classified_by_its_first_digit(
    services: Services,
    step: str,
    reply: str,
    code: str,
    error_class: str,
) -> None:
    row = Row(error_class=ErrorClass(error_class))
    with mail_server(**{step: reply}) as server, by_smtp(services, server) as email:
        assert_ended(email, email.deliver(some_address()), code, row)


@pytest.mark.parametrize("step", ["FROM", "RCPT"])
def test_a_mail_that_was_cut_off_before_its_text_was_not_sent(
    services: Services, step: str
) -> None:
    with mail_server(**{step: CUT}) as server, by_smtp(services, server) as email:
        done = email.deliver(some_address())
        assert_ended(email, done, "connection-cut", Row(error_class=ErrorClass.TRANSIENT))
        assert [each.event for each in done.timeline][-1] == "retry"
        server.replies.clear()

        assert email.again(done).status is Status.DELIVERED
    assert len(server.mails) == 1


def test_a_mail_that_was_cut_off_after_its_text_may_have_been_sent(services: Services) -> None:
    with mail_server(DATA=CUT) as server, by_smtp(services, server) as email:
        done = email.deliver(some_address())
        assert_ended(email, done, "connection-cut", Row(error_class=ErrorClass.AMBIGUOUS))
        assert [each.event for each in done.timeline][-1] == "possibly_sent"

        assert email.again(done).status is Status.UNKNOWN
    assert len(server.mails) == 2


@pytest.mark.parametrize(("name", "event"), [("cut", "possibly_sent"), ("drop", "retry")])
def test_the_simulators_cut_connections_are_distinguished_too(
    email: Consumer, name: str, event: str
) -> None:
    done = email.deliver(some_address(name))

    assert (done.status, done.timeline[-1].event) == (Status.RETRY, event)


def test_a_server_without_the_encryption_that_is_wanted_is_our_fault(services: Services) -> None:
    environment = {"EMAIL_FROM": SENDER, "EMAIL_TRANSPORT": "smtp"}
    with mail_server() as server:
        secret = server.secret(security="starttls")
        with services.consumer("Email", secret, **environment) as email:
            done = email.deliver(some_address())

            configuration = Row(error_class=ErrorClass.CONFIGURATION)
            assert_ended(email, done, "not-supported", configuration)
    assert server.mails == []
    assert "AUTH" not in server.steps, "the password was not sent in the clear"


def test_an_encryption_that_fails_now_is_tried_again(services: Services) -> None:
    environment = {"EMAIL_FROM": SENDER, "EMAIL_TRANSPORT": "smtp"}
    replies = {"EHLO": "250-here\r\n250 STARTTLS", "STARTTLS": "454 TLS not available"}
    with mail_server(**replies) as server:
        secret = server.secret(security="starttls")
        with services.consumer("Email", secret, **environment) as email:
            done = email.deliver(some_address())

            assert_ended(email, done, "CONNECT 454", Row(error_class=ErrorClass.TRANSIENT))


def test_a_connection_is_kept_and_a_cut_one_replaced(email: Consumer, simulator: Running) -> None:
    for n in range(3):
        assert email.deliver(f"kept-{n}@example.com").status is Status.DELIVERED
    email.deliver("cut-b@example.com")

    assert email.deliver("after@example.com").status is Status.DELIVERED
    assert len(simulator.inbox("after@example.com")) == 1


def test_a_retried_mail_has_the_same_message_id(email: Consumer, simulator: Running) -> None:
    done = email.again(email.deliver("fail-1-b@example.com"))

    assert (done.status, done.retry_attempts) == (Status.DELIVERED, 1)
    assert done.provider_message_id == f"<{done.id}@example.com>"
    assert len(simulator.inbox("fail-1-b@example.com")) == 1


def test_an_unsubscribe_link_is_one_line_as_it_is(services: Services) -> None:
    """Folded or encoded, a mail client would not find it."""
    name = f"unsubscribe-{uuid4()}"
    services.emulator.client("secretsmanager").create_secret(
        Name=name, SecretString='{"key": "a key"}'
    )
    more = {"PUBLIC_URL": "https://notify.example.com/v1", "UNSUBSCRIBE_SECRET_ID": name}
    with mail_server() as server, by_smtp(services, server, **more) as email:
        email.user = f"{uuid4().hex}{'😀' * 96}"
        email.deliver(some_address(), category="news" * 16)

    lines = server.mails[0].split(b"\r\n")
    [link] = [each for each in lines if each.startswith(b"List-Unsubscribe:")]
    assert link.startswith(b"List-Unsubscribe: <https://notify.example.com/v1/unsubscribe/")
    assert link.endswith(b">")
    assert len(link) < 998, "RFC 5322, 2.1.1"
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in lines
