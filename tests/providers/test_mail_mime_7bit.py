"""Every mail that leaves is 7 bit, whatever it says.

Sources: Amazon SES API v2 Reference, RawMessage ("content that is outside of the 7-bit ASCII
character range"); RFC 6152 (8BITMIME is an extension).
"""

import email
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest

from notification_core.providers.mail.mime import build_message
from notification_core.providers.mail.smtp import send_by_smtp
from tests.builders import a_delivery
from tests.functions.mail_server import mail_server

SENDER = "Example <notifications@example.com>"
LINK = "https://notify.example.com/unsubscribe/" + "x" * 300

TEXTS = [
    "Grüße aus Köln",
    "你好世界",
    "こんにちは",
    "😀👩\u200d👩\u200d👧 party",
    "naïve\u2028line",
    "ü" * 5000,
    "漢" * 900,
]


def wire_of(sender: str = SENDER, **changes: Any) -> bytes:
    """The mail as it leaves; each line is no longer than SMTP allows (RFC 5321, 4.5.3.1.6)."""
    wire = build_message(a_delivery(**changes), sender, LINK).as_bytes()
    assert max(map(len, wire.split(b"\r\n"))) <= 998
    return wire


def text_of(wire: bytes, kind: str) -> str:
    """What a recipient reads of it."""
    parsed = email.message_from_bytes(wire, policy=default)
    assert isinstance(parsed, EmailMessage)
    part = parsed.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def header_of(wire: bytes, name: str) -> str:
    """What a recipient reads of a header; the new parser of Python 3.11 puts blanks into it."""
    return str(make_header(decode_header(email.message_from_bytes(wire)[name])))


@pytest.mark.parametrize("text", TEXTS)
def test_no_byte_above_127_leaves_in_a_text(text: str) -> None:
    wire = wire_of(body=text)

    assert max(wire) < 128
    assert b"8bit" not in wire
    assert text_of(wire, "plain").strip() == text.strip()


@pytest.mark.parametrize("text", TEXTS)
def test_no_byte_above_127_leaves_in_html(text: str) -> None:
    page = f"<p>{text}</p>"

    wire = wire_of(body=page)

    assert max(wire) < 128
    assert page in text_of(wire, "html")


@pytest.mark.parametrize("text", ["Grüße", "你好", "😀" * 30])
def test_no_byte_above_127_leaves_in_a_header(text: str) -> None:
    wire = wire_of(
        f"{text} <me@example.com>",
        title=text,
        address="eggs@example.com",
        extra={"reply_to": f"{text} <you@example.com>"},
    )

    assert max(wire) < 128
    assert [header_of(wire, name) for name in ("Subject", "From", "Reply-To")] == [
        text,
        f"{text} <me@example.com>",
        f"{text} <you@example.com>",
    ]
    assert f"List-Unsubscribe: <{LINK}>\r\n".encode() in wire


@pytest.mark.parametrize("text", TEXTS)
def test_no_byte_above_127_reaches_a_mail_server(text: str) -> None:
    delivery = a_delivery(title=text[:30].replace("\u2028", " "), body=text)
    with mail_server() as server:
        send_by_smtp(build_message(delivery, f"Köln {SENDER}", LINK), server.secret())

    assert max(server.mails[0]) < 128
