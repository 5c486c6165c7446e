"""Builds the e-mail for a notification, with a text and an HTML part.

The headers are folded here and the policy does not change them, because the parser of `EmailPolicy`
uses five times as much CPU time as all other steps together.
"""

import base64
import re
import secrets
from binascii import b2a_qp
from email.header import Header
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.policy import Compat32
from email.utils import format_datetime, formataddr, parseaddr

from notification_content.email_body import Frame, Unsubscribe, email_body
from notification_content.translations import translated_language
from notification_core.domain.content import is_one_line
from notification_core.domain.delivery import Delivery
from notification_core.domain.failures import Rejected

#: The recommended and the maximum number of characters in a line (RFC 5322, 2.1.1).
SHORT_LINE, LONGEST_LINE = 78, 998

#: A longer word is encoded, because a line can only be folded at a space.
LONGEST_WORD = 60

#: The length of a text in base64 with line ends, relative to the text.
BASE64_GROWTH = 4 / 3 * 77 / 76

#: Text that needs no encoding: ASCII without control characters (RFC 2045, 2.7).
_PLAIN = re.compile(r"[\t\r\n\x20-\x7e]*+")
_LINE_END = re.compile(r"\r\n|\r|\n")


class _AsWritten(Compat32):
    """Writes each header unchanged, because folding would break the unsubscribe link (RFC 8058)."""

    def fold(self, name: str, value: str) -> str:
        return f"{name}: {value}{self.linesep}"

    def fold_binary(self, name: str, value: str) -> bytes:
        return self.fold(name, value).encode("ascii")


POLICY = _AsWritten(linesep="\r\n", mangle_from_=False)


def build_message(
    delivery: Delivery, sender: str, unsubscribe: str | None = None, *, from_name: str = ""
) -> Message:
    """Return the e-mail. Its Message-ID is the same at every attempt (RFC 5322, 3.6.4).

    This does not hold with SES, which overwrites Message-ID and Date (Amazon SES Developer Guide,
    "Amazon SES header fields").

    All content is 7 bit, because servers are not required to accept 8 bit (RFC 6152), and SES may
    change 8-bit content (Amazon SES API v2 Reference, RawMessage).

    `unsubscribe` is the URL of the one-click link (RFC 8058). `from_name` is the sender's display
    name, unless the delivery's `extra` has one.

    Raises:
        Rejected: a header cannot be written.
    """
    from_name = delivery.extra.get("from_name") or from_name
    reply_to = delivery.extra.get("reply_to", "")
    headers = (delivery.address, delivery.title, reply_to, from_name, sender, unsubscribe or "")
    if not is_one_line("".join(headers)):
        raise Rejected("invalid-header", "a control character")
    message = MIMEMultipart("alternative", f"={secrets.token_hex(16)}", policy=POLICY)
    try:
        _add_headers(message, delivery, _from(from_name, sender), reply_to)
        if unsubscribe:
            message["List-Unsubscribe"] = f"<{_ascii(unsubscribe)}>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    except ValueError as error:
        raise Rejected("invalid-header", type(error).__name__) from error
    text = delivery.extra.get("text") if delivery.text is None else delivery.text
    body = email_body(delivery.body, text, _frame(delivery, unsubscribe))
    message.attach(_part(body.text, "plain"))
    message.attach(_part(body.html, "html"))
    return message


def _add_headers(message: Message, delivery: Delivery, from_: str, reply_to: str) -> None:
    """Add the headers. Raises ValueError if one has no 7-bit form."""
    domain = parseaddr(from_)[1].rpartition("@")[2]
    message["Message-ID"] = f"<{delivery.id}@{domain}>"
    message["Date"] = format_datetime(delivery.scheduled_delivery)
    message["From"] = from_
    message["To"] = _address("To", delivery.address)
    message["Subject"] = _text("Subject", delivery.title)
    if reply_to:
        message["Reply-To"] = _address("Reply-To", reply_to)


def _from(display: str, sender: str) -> str:
    """Return the sender, with a display name if there is one. Raises ValueError, as `_address`."""
    address = _address("From", sender)
    return _mailbox("From", display, parseaddr(address)[1]) if display else address


def _text(name: str, text: str) -> str:
    """Return a header's text, folded, with encoded words where needed (RFC 2047)."""
    longest = max(map(len, text.split(" ")))
    plain = text.isascii() and "=?" not in text and longest <= LONGEST_WORD
    if plain and len(name) + len(text) + 2 <= SHORT_LINE:
        return text
    header = Header(text, "us-ascii" if plain else "utf-8", header_name=name)
    return header.encode(linesep=POLICY.linesep)


def _address(name: str, address: str) -> str:
    """Return an address header, folded. Raises ValueError if it has no 7-bit form."""
    if address.isascii():
        return address
    display, mailbox = parseaddr(address)
    local, at, domain = mailbox.rpartition("@")
    mailbox = f"{_ascii(local)}{at}{domain.encode('idna').decode('ascii')}"
    return _mailbox(name, display, mailbox)


def _mailbox(name: str, display: str, mailbox: str) -> str:
    """Return a mailbox with a display name: as it is, quoted, or as encoded words."""
    if display.isascii() and "=?" not in display:
        return formataddr((display, mailbox))
    return f"{_text(name, display)} <{mailbox}>"


def _ascii(text: str) -> str:
    """Return the text unchanged. Raises ValueError if it is not ASCII."""
    text.encode("ascii")
    return text


def _part(text: str, subtype: str) -> Message:
    """Return a 7-bit part: as it is, or encoded if it is not ASCII or has long lines.

    The shorter of the two encodings is used: quoted-printable for most European texts and for HTML,
    base64 for other scripts.
    """
    lines = _LINE_END.sub("\r\n", text).removesuffix("\r\n") + "\r\n"
    part = Message(policy=POLICY)
    if _PLAIN.fullmatch(lines) and max(map(len, lines.split("\r\n"))) <= LONGEST_LINE:
        part["Content-Type"] = f'text/{subtype}; charset="us-ascii"'
        part["Content-Transfer-Encoding"] = "7bit"
        part.set_payload(lines)
        return part
    content = lines.encode()
    encoding, payload = "quoted-printable", b2a_qp(content)
    if len(payload) > len(content) * BASE64_GROWTH:
        encoding, payload = "base64", base64.encodebytes(content)
    part["Content-Type"] = f'text/{subtype}; charset="utf-8"'
    part["Content-Transfer-Encoding"] = encoding
    part.set_payload(payload.decode("ascii"))
    return part


def _frame(delivery: Delivery, unsubscribe: str | None) -> Frame:
    """Return what surrounds the content."""
    settings = delivery.deployment
    footer = None
    if unsubscribe and delivery.category:
        language = translated_language(
            delivery.locale or delivery.user_locale, settings.default_locale
        )
        label = settings.label_of(delivery.category, language)
        footer = Unsubscribe(url=unsubscribe, category=label, language=language)
    return Frame(
        title=delivery.title,
        locale=delivery.locale,
        brand_name=settings.brand.name,
        brand_url=settings.brand.url,
        brand_color=settings.brand.color,
        unsubscribe=footer,
    )
