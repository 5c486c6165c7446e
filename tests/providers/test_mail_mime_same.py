"""What is composed says the same as what `email.message.EmailMessage` makes of a notification."""

import email
import re
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from email.policy import SMTP
from email.utils import format_datetime
from string import ascii_letters, digits
from typing import cast

from hypothesis import given, settings
from hypothesis import strategies as st

from notification_content.email_body import Frame, email_body
from notification_core.domain.content import is_one_line
from notification_core.domain.delivery import Delivery
from notification_core.providers.mail.mime import build_message
from tests.builders import a_delivery

SENDER = "Example <notifications@example.com>"
HEADERS = ("Message-ID", "Date", "From", "To", "Subject", "Reply-To", "MIME-Version")

#: What UTF-8 can express: no half of a surrogate pair.
CHARACTERS = st.characters(exclude_categories=["Cs"])
PLAIN = st.text(ascii_letters + digits + " .,:;!?<>()[]\"'=_-@", max_size=300)
#: The parser of EmailMessage takes what looks like an encoded word for one, and strips blanks.
TITLES = (
    (st.text(CHARACTERS, max_size=256) | PLAIN)
    .filter(lambda text: is_one_line(text) and "=?" not in text)
    .map(str.strip)
)
BODIES = st.one_of(
    st.text(CHARACTERS, min_size=1, max_size=2000),
    PLAIN.map(lambda text: f"{text}\r\nFrom here\n.\n\r{text}"),
    st.integers(900, 1100).map("x".__mul__),
    st.text(CHARACTERS, max_size=200).map(lambda text: f"<p>{text}</p>"),
)
LOCALS = st.text(ascii_letters + digits + "!#$%&'*+/=?^_`{|}~-", min_size=1, max_size=64)
ADDRESSES = LOCALS.filter(lambda text: "=?" not in text).map("{}@example.com".format)
NAMES = st.text("abcäöü漢字😀", min_size=1, max_size=60)
REPLIES = ADDRESSES | st.tuples(NAMES, ADDRESSES).map(lambda pair: f"{pair[0]} <{pair[1]}>")


def reference(delivery: Delivery) -> Message:
    """The mail as EmailMessage composes it."""
    message = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    message["Message-ID"] = f"<{delivery.id}@example.com>"
    message["Date"] = format_datetime(delivery.scheduled_delivery)
    message["From"], message["To"] = SENDER, delivery.address
    message["Subject"] = delivery.title
    if reply_to := delivery.extra.get("reply_to"):
        message["Reply-To"] = reply_to
    body = email_body(delivery.body, None, Frame(title=delivery.title))
    message.set_content(body.text)
    message.add_alternative(body.html, subtype="html")
    return message


def headers(mail: Message) -> list[str]:
    """What a recipient reads of each header."""
    return [unfolded(mail[name]) for name in HEADERS if name in mail]


def unfolded(value: str) -> str:
    """A header's text; the line end of a fold is no part of it (RFC 5322, 2.2.3)."""
    return str(make_header(decode_header(re.sub(r"\r?\n", "", value)))).strip()


def parts(mail: Message) -> list[tuple[str, str]]:
    """The type and the text of each part."""
    assert mail.get_content_type() == "multipart/alternative"
    attached = cast("list[Message]", mail.get_payload())
    return [(each.get_content_type(), text_of(each)) for each in attached]


def text_of(part: Message) -> str:
    """The text of a part, decoded by what its headers say of it."""
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content.decode(part.get_content_charset("us-ascii")).removesuffix("\r\n")


@settings(deadline=None)
@given(
    title=TITLES,
    body=BODIES,
    address=ADDRESSES,
    extra=st.just({}) | REPLIES.map(lambda reply: {"reply_to": reply}),
)
def test_the_same_headers_and_texts_as_an_email_message(
    title: str, body: str, address: str, extra: dict[str, str]
) -> None:
    delivery = a_delivery(title=title, body=body, address=address, extra=extra)

    wire = build_message(delivery, SENDER).as_bytes()

    made = email.message_from_bytes(wire)
    wanted = email.message_from_bytes(reference(delivery).as_bytes())
    assert made.defects == []
    assert headers(made) == headers(wanted)
    assert parts(made) == parts(wanted)
    assert max(wire) < 128
    assert all(len(line) <= 998 for line in wire.split(b"\r\n"))
    assert b"\n" not in wire.replace(b"\r\n", b"")
