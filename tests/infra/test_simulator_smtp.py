"""The simulator's mail server: its replies to the sender, each recipient, the mail and a login."""

import smtplib
from collections.abc import Iterator

import pytest

from tests.simulator import Running

SENDER = "sender@example.com"
MAIL = "Subject: Hi\r\n\r\nHello\r\n"


@pytest.fixture
def server(simulator: Running) -> Iterator[smtplib.SMTP]:
    with smtplib.SMTP("127.0.0.1", simulator.smtp_port, timeout=5) as connected:
        yield connected


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (550, b"5.1.1 "),
        (551, b"5.1.6 "),
        (552, b"5.2.2 Mailbox full"),
        (553, b"5.1.3 "),
        (450, b"4.2.1 "),
        (451, b"4.3.0 "),
        (452, b"4.2.2 Mailbox full"),
        (421, b"4.3.2 "),
        (571, b"5.0.0 "),
    ],
)
def test_a_refused_recipient_has_an_enhanced_code(
    server: smtplib.SMTP, code: int, text: bytes
) -> None:
    """As the mail servers of the world use them."""
    to = f"code-{code}-a@example.com"
    with pytest.raises(smtplib.SMTPRecipientsRefused) as caught:
        server.sendmail(SENDER, to, MAIL)
    assert caught.value.recipients[to][0] == code
    assert caught.value.recipients[to][1].startswith(text)


@pytest.mark.parametrize(
    ("local_part", "code", "text"),
    [
        ("data-454", 454, b"4.7.0 Throttling failure: Maximum sending rate exceeded"),
        ("data-552-a", 552, b"5.3.4 Message too long"),
        ("data-554-a", 554, b"5.7.1 Message rejected"),
        ("data-554-unverified-a", 554, b"Message rejected: Email address is not verified"),
        ("data-451-a", 451, b"4.3.0 Local error, try again later"),
    ],
)
def test_a_mail_is_refused_at_the_end(
    simulator: Running, server: smtplib.SMTP, local_part: str, code: int, text: bytes
) -> None:
    """For all of its recipients, and nothing lands in the inbox."""
    to = f"{local_part}@example.com"
    other = f"next-to-{to}"
    with pytest.raises(smtplib.SMTPDataError) as caught:
        server.sendmail(SENDER, [other, to], MAIL)
    assert (caught.value.smtp_code, caught.value.smtp_error) == (code, text)
    for address in (to, other):
        assert simulator.inbox(address) == []
        assert simulator.outcomes(address) == [("data", code)]


@pytest.mark.parametrize(
    ("code", "text"), [(553, b"5.1.8 "), (550, b"5.7.1 "), (451, b"4.3.0 "), (599, b"5.0.0 ")]
)
def test_a_sender_is_refused(
    simulator: Running, server: smtplib.SMTP, code: int, text: bytes
) -> None:
    """The request log has it with no recipient."""
    with pytest.raises(smtplib.SMTPSenderRefused) as caught:
        server.sendmail(f"code-{code}-a@example.com", "ann@example.com", MAIL)
    assert caught.value.smtp_code == code
    assert isinstance(caught.value.smtp_error, bytes)
    assert caught.value.smtp_error.startswith(text)
    last = simulator.get("/requests")["items"][-1]
    assert (last["to"], last["outcome"], last["status"]) == ("", "error", code)
    assert last["sender"] == f"code-{code}-a@example.com"


@pytest.mark.parametrize("method", ["auth_plain", "auth_login"])
def test_every_login_is_accepted(simulator: Running, server: smtplib.SMTP, method: str) -> None:
    """Without TLS, for it is this computer only; a mail then goes as ever."""
    server.ehlo()
    server.user, server.password = "ann", "secret"
    server.auth(method.removeprefix("auth_").upper(), getattr(server, method))
    to = f"{method.replace('_', '-')}@example.com"
    assert server.sendmail(SENDER, to, MAIL) == {}
    assert len(simulator.inbox(to)) == 1


@pytest.mark.parametrize(("code", "text"), [(454, b"4.7.0 "), (535, b"5.7.8 ")])
def test_a_login_is_refused(server: smtplib.SMTP, code: int, text: bytes) -> None:
    """By the username; smtplib has one class of error for both codes."""
    with pytest.raises(smtplib.SMTPAuthenticationError) as caught:
        server.login(f"code-{code}", "secret")
    assert caught.value.smtp_code == code
    assert isinstance(caught.value.smtp_error, bytes)
    assert caught.value.smtp_error.startswith(text)
