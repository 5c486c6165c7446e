"""What a mail server's replies say, as smtplib raises them."""

import smtplib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage, Message
from typing import Any

import pytest

from notification_core.domain.failures import (
    ErrorClass,
    OutcomeUnknown,
    ProviderError,
    Rejected,
    RetryLater,
)
from notification_core.providers.mail import smtp
from notification_core.providers.mail.mime import build_message
from notification_core.providers.mail.smtp import send_by_smtp
from notification_core.providers.mail.smtp_errors import to_provider_error
from tests.builders import a_delivery
from tests.functions.mail_server import CUT, MailServer, mail_server


def refused(code: int, text: str) -> smtplib.SMTPRecipientsRefused:
    """What smtplib raises for a recipient: the code is nowhere else."""
    return smtplib.SMTPRecipientsRefused({"eggs@example.com": (code, text.encode())})


def said(error: smtplib.SMTPException) -> tuple[list[str], ErrorClass | None]:
    """The codes, and the class where the table knows none of them."""
    explain_notification = to_provider_error(error)
    assert isinstance(explain_notification, ProviderError)
    return explain_notification.codes, explain_notification.otherwise


@pytest.mark.parametrize(
    ("error", "codes", "otherwise"),
    [
        (
            refused(550, "5.1.1 no"),
            ["RCPT 5.1.1", "5.1.1", "RCPT 5.1", "5.1", "RCPT 550"],
            "message",
        ),
        (refused(450, "later"), ["RCPT 450"], "transient"),
        (refused(550, "we are 5.1.1"), ["RCPT 550"], "message"),
        (refused(550, "5.1.1000 x"), ["RCPT 550"], "message"),
        (refused(550, "3.1.1 x"), ["RCPT 550"], "message"),
        (refused(530, "5.7.0 login"), ["AUTH 5.7.0", "AUTH 5.7", "AUTH 530"], "configuration"),
        (
            refused(550, "5.7.26 no"),
            ["RCPT 5.7.26", "5.7.26", "RCPT 5.7.2x", "5.7.2x", "RCPT 5.7", "5.7", "RCPT 550"],
            "message",
        ),
        (refused(450, "4.7.26 later"), "RCPT 4.7.26|RCPT 4.7.2x|RCPT 4.7|RCPT 450", "transient"),
        (smtplib.SMTPConnectError(421, b"busy"), ["CONNECT 421"], "transient"),
        (smtplib.SMTPHeloError(504, b"no"), ["CONNECT 504"], "configuration"),
        (smtplib.SMTPAuthenticationError(454, b"busy"), ["AUTH 454"], "transient"),
        (smtplib.SMTPAuthenticationError(535, b"no"), ["AUTH 535"], "configuration"),
        (smtplib.SMTPSenderRefused(553, b"no", "me@x.org"), ["FROM 553"], "configuration"),
        (smtplib.SMTPDataError(554, b"no"), ["DATA 554"], "message"),
        (
            smtplib.SMTPDataError(554, b"Message rejected: Email address is not verified. a@b.c"),
            ["DATA not verified", "DATA 554"],
            "message",
        ),
        (
            smtplib.SMTPDataError(454, b"Throttling failure: Daily message quota exceeded"),
            ["DATA DailyQuotaExceeded", "DATA 454"],
            "transient",
        ),
        (smtplib.SMTPDataError(554, b"\xff no"), ["DATA 554"], "message"),
    ],
)
def test_a_reply_is_named_by_its_step_and_by_its_codes(
    error: smtplib.SMTPException, codes: list[str] | str, otherwise: str
) -> None:
    wanted = codes.split("|") if isinstance(codes, str) else codes
    assert said(error) == (wanted, ErrorClass(otherwise))


def test_a_mail_that_smtplib_cannot_write_to_this_server_was_not_sent() -> None:
    explain_notification = to_provider_error(
        smtplib.SMTPNotSupportedError("SMTPUTF8 not supported by server")
    )

    assert isinstance(explain_notification, Rejected)
    assert explain_notification.code == "not-supported"


def test_a_recipient_that_was_refused_beside_another_is_an_error_too() -> None:
    """Then smtplib raises nothing, and only returns it."""
    message = EmailMessage()
    message["From"], message["To"] = "me@example.com", "eggs@example.com, bacon@example.com"
    message.set_content("Hello")
    with mail_server() as server:
        replies = iter(["250 fine", "550 5.1.1 nobody"])
        usual = server.say

        def say(connection: object, step: str) -> bool:
            if step == "RCPT":
                server.replies["RCPT"] = next(replies)
            return usual(connection, step)  # type: ignore[arg-type]

        server.say = say  # type: ignore[method-assign]
        with pytest.raises(ProviderError) as raised:
            send_by_smtp(message, server.secret())

    assert raised.value.codes[0] == "RCPT 5.1.1"
    assert len(server.mails) == 1


def a_mail(body: str = "Hello") -> Message:
    """A mail to one recipient."""
    return build_message(a_delivery(body=body), "me@example.com")


def test_a_kept_connection_is_not_asked_whether_it_still_stands() -> None:
    with mail_server() as server:
        for _ in range(3):
            send_by_smtp(a_mail(), server.secret())

    assert server.steps.count("CONNECT") == 1
    assert "NOOP" not in server.steps
    assert len(server.mails) == 3


def test_after_a_rest_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "REST_SECONDS", 0)
    with mail_server() as server:
        send_by_smtp(a_mail(), server.secret())
        kept = smtp._kept.connection
        send_by_smtp(a_mail(), server.secret())
        assert smtp._kept.connection is kept
        server.replies["NOOP"] = "421 closing"
        send_by_smtp(a_mail(), server.secret())

    assert smtp._kept.connection is not kept
    assert server.steps.count("NOOP") == 2
    assert len(server.mails) == 3


@pytest.mark.parametrize("step", ["FROM", "RCPT", "BEGIN"])
def test_a_kept_connection_that_closes_before_the_text_is_replaced(step: str) -> None:
    with mail_server() as server, closing_once(server, step, CUT) as closes:
        send_by_smtp(a_mail(), server.secret())
        closes()
        send_by_smtp(a_mail(), server.secret())

    assert server.steps.count("CONNECT") == 2
    assert len(server.mails) == 2


def test_a_kept_connection_that_the_server_has_ended_is_replaced() -> None:
    """It says so unasked, or in answer to the next command (RFC 5321, 3.8)."""
    with mail_server() as server, closing_once(server, "FROM", "421 idle") as closes:
        send_by_smtp(a_mail(), server.secret())
        closes()
        send_by_smtp(a_mail(), server.secret())

    assert server.steps.count("CONNECT") == 2
    assert len(server.mails) == 2


def test_a_kept_connection_that_is_cut_after_the_text_may_have_taken_it() -> None:
    with mail_server() as server, closing_once(server, "DATA", CUT) as closes:
        send_by_smtp(a_mail(), server.secret())
        closes()
        with pytest.raises(OutcomeUnknown):
            send_by_smtp(a_mail(), server.secret())

    assert server.steps.count("CONNECT") == 1
    assert len(server.mails) == 2


def test_a_new_connection_that_closes_too_is_a_failure() -> None:
    with mail_server() as server:
        send_by_smtp(a_mail(), server.secret())
        server.replies["FROM"] = CUT
        with pytest.raises(RetryLater):
            send_by_smtp(a_mail(), server.secret())

    assert server.steps.count("CONNECT") == 2
    assert len(server.mails) == 1


def test_a_line_that_begins_with_from_goes_as_it_is() -> None:
    with mail_server() as server:
        send_by_smtp(a_mail("From here\n.\n"), server.secret())

    assert b"\r\nFrom here\r\n..\r\n" in server.mails[0]


@contextmanager
def closing_once(server: MailServer, step: str, reply: str) -> Iterator[Callable[[], None]]:
    """Yield what makes a server reply so to the next command that begins a step."""
    usual = server.say

    def say(connection: Any, said: str) -> bool:
        goes_on = usual(connection, said)
        if said == step:
            server.replies.pop(step, None)
        return goes_on

    server.say = say  # type: ignore[assignment, method-assign]
    yield lambda: server.replies.update({step: reply})
