"""The simulator's mail server, through smtplib and real sockets."""

import smtplib
import time
from email.message import EmailMessage
from typing import Any

import pytest

from tests.simulator import SHORT, Running


def mail(simulator: Running, *to: str, timeout: float = 5, **headers: str) -> Any:
    message = EmailMessage()
    message["From"] = "sender@example.com"
    message["To"] = ", ".join(to)
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content("Hello")
    message.add_alternative("<p>Hello</p>", subtype="html")
    with smtplib.SMTP("127.0.0.1", simulator.smtp_port, timeout=timeout) as server:
        return server.send_message(message)


def test_mail_is_accepted(simulator: Running) -> None:
    """Both bodies and the headers are in the inbox, once per recipient."""
    to = ("ann@example.com", "bob@example.com")
    assert mail(simulator, *to, Subject="Hi", List_Unsubscribe="<https://example.com>") == {}
    [[item], [other]] = [simulator.inbox(address) for address in to]
    assert (item["target"], item["title"], item["body"]) == ("email", "Hi", "Hello\n")
    assert item["html"] == "<p>Hello</p>\n"
    assert item["extra"]["headers"]["List-Unsubscribe"] == "<https://example.com>"
    assert item["provider_message_id"] == other["provider_message_id"]


@pytest.mark.parametrize(
    ("local", "code"), [("code-550-a", 550), ("fail-1-a", 451), ("throttle-1-a", 454)]
)
def test_mail_recipient_is_refused(simulator: Running, local: str, code: int) -> None:
    """The reply comes at RCPT, so a second recipient still gets the mail."""
    to, other = f"{local}@example.com", f"next-to-{local}@example.com"
    refused = mail(simulator, to, other)
    assert refused[to][0] == code
    assert (len(simulator.inbox(to)), len(simulator.inbox(other))) == (0, 1)


def test_mail_fails_twice_then_succeeds(simulator: Running) -> None:
    """Each RCPT counts."""
    to = "fail-2-b@example.com"
    for _ in range(2):
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            mail(simulator, to)
    assert mail(simulator, to) == {}
    assert simulator.outcomes(to) == [("fail", 451), ("fail", 451), ("ok", 250)]


def test_mail_is_slow(simulator: Running) -> None:
    """The answer takes as many milliseconds as the local part says."""
    started = time.monotonic()
    mail(simulator, "slow-200-a@example.com")
    assert time.monotonic() - started >= 0.2


@pytest.mark.parametrize(("local", "accepted"), [("cut-a", 1), ("hang-20-a", 1), ("drop-a", 0)])
def test_mail_is_not_answered(simulator: Running, local: str, accepted: int) -> None:
    """The client sees a lost connection; only the inbox knows whether the mail was taken."""
    to = f"{local}@example.com"
    with pytest.raises(smtplib.SMTPServerDisconnected):
        mail(simulator, to, timeout=SHORT)
    assert len(simulator.inbox(to)) == accepted
