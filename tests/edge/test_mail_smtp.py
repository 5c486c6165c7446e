"""What a mail server's replies say, as smtplib raises them."""

import smtplib
from email.message import EmailMessage

import pytest

from notifications.domain.outcome import ErrorClass, ProviderError, Rejected
from notifications.edge.mail import smtp
from notifications.edge.mail.smtp import explain, send_by_smtp
from tests.functions.mail_server import mail_server


def refused(code: int, text: str) -> smtplib.SMTPRecipientsRefused:
    """What smtplib raises for a recipient: the code is nowhere else."""
    return smtplib.SMTPRecipientsRefused({"eggs@example.com": (code, text.encode())})


def said(error: smtplib.SMTPException) -> tuple[list[str], ErrorClass | None]:
    """The codes, and the class where the table knows none of them."""
    explained = explain(error)
    assert isinstance(explained, ProviderError)
    return explained.codes, explained.otherwise


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


def test_what_smtplib_cannot_write_to_this_server_has_not_gone() -> None:
    explained = explain(smtplib.SMTPNotSupportedError("SMTPUTF8 not supported by server"))

    assert isinstance(explained, Rejected)
    assert explained.code == "not-supported"


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


def test_a_connection_that_the_server_closed_meanwhile_is_replaced() -> None:
    message = EmailMessage()
    message["From"], message["To"] = "me@example.com", "eggs@example.com"
    message.set_content("Hello")
    with mail_server() as server:
        send_by_smtp(message, server.secret())
        kept = smtp._kept.connection
        send_by_smtp(message, server.secret())
        assert smtp._kept.connection is kept
        server.replies["NOOP"] = "421 closing"
        send_by_smtp(message, server.secret())

    assert smtp._kept.connection is not kept
    assert len(server.mails) == 3
