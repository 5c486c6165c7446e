"""Whatever a notification contains, its e-mail is safe for SES and for every mail server.

Sources: RFC 5322, 2.1 and 2.3 (lines, CR and LF); RFC 2045, 2.7 (7bit) and 6.7 (quoted-printable);
Amazon SES Developer Guide, "Sending raw email" (7-bit ASCII, lines of up to 1,000 octets).
"""

import email
import re
from email.header import decode_header, make_header
from email.message import Message
from email.policy import default
from email.utils import parseaddr
from html import escape
from string import printable
from typing import cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from notification_core.domain.content import is_one_line
from notification_core.domain.deployment import Brand, DeploymentSettings
from notification_core.domain.failures import Rejected
from notification_core.providers.mail.mime import build_message
from tests.builders import a_delivery

SENDER = "notifications@example.com"
LINK = "https://notify.example.com/v1/unsubscribe/" + "x_-" * 50
LONGEST_LINE = 998

ANY = st.characters(exclude_categories=["Cs"])
#: Texts with what encodings stumble over: trailing blanks, dots, long lines, line ends, NUL.
PIECES = st.one_of(
    st.text(ANY, max_size=80),
    st.text(printable, max_size=200),
    st.sampled_from(
        ["\r\n", "\n", "\r", "\n.\n", "From me\n", " \n", "\t\r\n", "=", "=\n", "=20", "--", "\0"]
    ),
    st.integers(900, 2100).map("x".__mul__),
    st.integers(200, 900).map("ü".__mul__),
    st.integers(200, 900).map("漢".__mul__),
)
TEXTS = st.lists(PIECES, min_size=1, max_size=8).map("".join)
LINES = st.text(ANY, min_size=1, max_size=64).filter(is_one_line).filter(str.strip)


def wire_of(unsubscribe: str | None = LINK, from_name: str = "", **changes: object) -> bytes:
    """The e-mail as SES is given it."""
    return build_message(a_delivery(**changes), SENDER, unsubscribe, from_name=from_name).as_bytes()


def assert_safe(wire: bytes) -> None:
    """Check the bytes."""
    assert max(wire) < 128, "7 bit"
    assert b"\0" not in wire
    assert max(map(len, wire.split(b"\r\n"))) <= LONGEST_LINE
    assert re.search(rb"\r(?!\n)|(?<!\r)\n", wire) is None, "no bare CR or LF"


def parts_of(wire: bytes) -> dict[str, str]:
    """The decoded parts by their types."""
    parsed = email.message_from_bytes(wire)
    parts = cast("list[Message]", parsed.get_payload())
    decoded = {}
    for part in parts:
        assert part["Content-Transfer-Encoding"] in {"7bit", "quoted-printable", "base64"}
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        decoded[part.get_content_type()] = content.decode(part.get_content_charset("us-ascii"))
    return decoded


def with_line_ends(text: str) -> str:
    """The text with the line ends of the wire."""
    return re.sub(r"\r\n|\r|\n", "\r\n", text)


@settings(deadline=None)
@given(body=TEXTS, text=st.none() | TEXTS, brand=LINES, label=LINES)
@example(body="x" * 3000, text=" \n.\n", brand="ü", label="=?utf-8?q?x?=")
def test_any_content_arrives_whole_and_no_byte_of_it_is_unsafe(
    body: str, text: str | None, brand: str, label: str
) -> None:
    deployment = DeploymentSettings(
        brand=Brand(name=brand), category_labels={"news": {"en": label}}
    )

    wire = wire_of(body=body.replace("<", "< "), text=text, category="news", deployment=deployment)

    assert_safe(wire)
    parts = parts_of(wire)
    assert list(parts) == ["text/plain", "text/html"]
    sent = body.replace("<", "< ") if text is None else text
    if sent.strip():
        assert parts["text/plain"].startswith(with_line_ends(sent.rstrip()))
    assert parts["text/plain"].endswith(f":\r\n{LINK}\r\n")
    assert f"<bdi>{escape(label)}</bdi>" in parts["text/html"]
    assert f'<a href="{LINK}"' in parts["text/html"]


@settings(deadline=None)
@given(body=TEXTS)
def test_a_document_arrives_unchanged(body: str) -> None:
    document = f"<!doctype html><html><body>{body}</body></html>"

    wire = wire_of(None, body=document)

    assert_safe(wire)
    assert parts_of(wire)["text/html"] == with_line_ends(document).removesuffix("\r\n") + "\r\n"


@settings(deadline=None)
@given(title=LINES, name=LINES)
def test_a_title_and_a_name_stay_in_their_headers(title: str, name: str) -> None:
    wire = wire_of(title=title, from_name=name)

    assert_safe(wire)
    parsed = email.message_from_bytes(wire)
    assert parsed.keys() == [
        "Content-Type",
        "MIME-Version",
        "Message-ID",
        "Date",
        "From",
        "To",
        "Subject",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
    ]
    subject = re.sub(r"\r?\n", "", parsed["Subject"])
    assert str(make_header(decode_header(subject))).split() == title.split()
    display, address = parseaddr(re.sub(r"\r?\n", "", parsed["From"]))
    assert address == SENDER
    assert str(make_header(decode_header(display))).split() == name.split()
    assert email.message_from_bytes(wire, policy=default)["From"].addresses[0].addr_spec == SENDER


@given(before=st.text(max_size=20), control=st.sampled_from("\r\n\0\x0b\x7f\x85\u2028"))
def test_no_control_character_reaches_a_header(before: str, control: str) -> None:
    value = f"{before}{control}Bcc: eve@example.com"
    for fields in ({"title": value}, {"extra": {"from_name": value}}, {"address": value}):
        with pytest.raises(Rejected):
            build_message(a_delivery(**fields), SENDER)


@pytest.mark.parametrize(
    ("text", "encoding", "growth"),
    [
        ("Sie können Ihre Bestellung verfolgen. " * 100, "quoted-printable", 1.16),
        ("https://example.com/?a=1&b=2&c=3 " * 100, "quoted-printable", 1.25),
        ("漢字かな" * 300, "base64", 1.36),
        ("привет " * 300, "base64", 1.36),
        ("plain\n" * 300, "7bit", 1.18),
    ],
)
def test_the_shorter_encoding_is_used(text: str, encoding: str, growth: float) -> None:
    message = build_message(a_delivery(body=text), SENDER)
    part = cast("list[Message]", message.get_payload())[0]

    assert part["Content-Transfer-Encoding"] == encoding
    assert len(str(part.get_payload())) <= len(text.encode()) * growth
