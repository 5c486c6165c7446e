"""The e-mail that a notification becomes: a text and an HTML part.

The headers are written here and the policy leaves them as they are: the parser of `EmailPolicy`
costs five times as much processor time as all other steps of a composition together.
"""

import html
import re
import secrets
from email.header import Header
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import Compat32
from email.utils import format_datetime, formataddr, parseaddr
from html.parser import HTMLParser

from notification_core.domain.content import is_one_line
from notification_core.domain.outcomes import Delivery, Rejected

#: Characters of a line that need no folding (RFC 5322, 2.1.1), and those that a line may have.
SHORT_LINE, LONGEST_LINE = 78, 998

#: A word that is longer is encoded, because a line can only be folded at a blank.
LONGEST_WORD = 60

#: `<https://example.com>` and `<eggs@example.com>` in a text are none.
_TAG = re.compile(r"<(?:!doctype|/?[a-z][a-z0-9]*)(?=[\s/>])[^<>]*>", re.IGNORECASE)
_UNSEEN = frozenset({"head", "script", "style", "title"})
_BREAKING = frozenset({"br", "div", "h1", "h2", "h3", "h4", "li", "p", "table", "tr", "ul", "ol"})
_LINE_END = re.compile(r"\r\n|\r|\n")


class _AsWritten(Compat32):
    """Writes each header as it is: folding would break the unsubscribe link (RFC 8058)."""

    def fold(self, name: str, value: str) -> str:
        return f"{name}: {value}{self.linesep}"

    def fold_binary(self, name: str, value: str) -> bytes:
        return self.fold(name, value).encode("ascii")


POLICY = _AsWritten(linesep="\r\n", mangle_from_=False)


def build_message(delivery: Delivery, sender: str, unsubscribe: str | None = None) -> Message:
    """Return the e-mail; its Message-ID is the same at every attempt (RFC 5322, 3.6.4).

    Through SES it is not: SES overwrites Message-ID and Date with its own (Amazon SES Developer
    Guide, "Amazon SES header fields").

    Every byte is 7 bit, because a server need not take more (RFC 6152), and SES may change 8 bit
    on its way (Amazon SES API v2 Reference, RawMessage).

    `unsubscribe` is the URL of its one-click link (RFC 8058).

    Raises:
        Rejected: a header cannot be written.
    """
    reply_to = delivery.extra.get("reply_to", "")
    if not is_one_line(delivery.address + delivery.title + reply_to + sender + (unsubscribe or "")):
        raise Rejected("invalid-header", "a control character")
    message = MIMEMultipart("alternative", f"={secrets.token_hex(16)}", policy=POLICY)
    try:
        from_ = _address("From", sender)
        domain = parseaddr(from_)[1].rpartition("@")[2]
        message["Message-ID"] = f"<{delivery.id}@{domain}>"
        message["Date"] = format_datetime(delivery.scheduled_delivery)
        message["From"] = from_
        message["To"] = _address("To", delivery.address)
        message["Subject"] = _text("Subject", delivery.title)
        if reply_to:
            message["Reply-To"] = _address("Reply-To", reply_to)
        if unsubscribe:
            message["List-Unsubscribe"] = f"<{_ascii(unsubscribe)}>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    except ValueError as error:
        raise Rejected("invalid-header", type(error).__name__) from error
    text, page = both_forms(delivery.body)
    message.attach(_part(text, "plain"))
    message.attach(_part(page, "html"))
    return message


def _text(name: str, text: str) -> str:
    """Return a header's text, folded; encoded words where it needs them (RFC 2047)."""
    longest = max(map(len, text.split(" ")))
    plain = text.isascii() and "=?" not in text and longest <= LONGEST_WORD
    if plain and len(name) + len(text) + 2 <= SHORT_LINE:
        return text
    header = Header(text, "us-ascii" if plain else "utf-8", header_name=name)
    return header.encode(linesep=POLICY.linesep)


def _address(name: str, address: str) -> str:
    """Return an address header, folded. Raises ValueError where 7 bits cannot express it."""
    if address.isascii():
        return address
    display, mailbox = parseaddr(address)
    local, at, domain = mailbox.rpartition("@")
    mailbox = f"{_ascii(local)}{at}{domain.encode('idna').decode('ascii')}"
    if display.isascii():
        return formataddr((display, mailbox))
    return f"{_text(name, display)} <{mailbox}>"


def _ascii(text: str) -> str:
    """Return it. Raises ValueError where it is not ASCII."""
    text.encode("ascii")
    return text


def _part(text: str, subtype: str) -> MIMEText:
    """Return a part in 7 bit: as it is, or in base64 where it is not ASCII or has long lines."""
    lines = _LINE_END.sub("\r\n", text).removesuffix("\r\n") + "\r\n"
    short = max(map(len, lines.split("\r\n"))) <= LONGEST_LINE
    charset = "us-ascii" if short and lines.isascii() else "utf-8"
    return MIMEText(lines, subtype, charset, policy=POLICY)


def both_forms(body: str) -> tuple[str, str]:
    """Return a body as text and as HTML, whichever of the two it is."""
    if _TAG.search(body):
        return text_of(body), body
    lines = html.escape(body).replace("\n", "<br>\n")
    return body, f'<!doctype html><html><body style="font-family:sans-serif">{lines}</body></html>'


def text_of(page: str) -> str:
    """Return what a person would read of an HTML page."""
    # What follows the last tag is no tag: html.parser would look for one in time that grows with
    # the square of its length.
    end = page.rfind(">") + 1
    reader = _Text()
    reader.feed(page[:end])
    reader.close()
    reader.handle_data(html.unescape(page[end:]))
    return reader.text()


class _Text(HTMLParser):
    """Collects what a person would read; a link's address follows its text."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[str] = []
        self._unseen = 0
        self._links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unseen += tag in _UNSEEN
        if tag in _BREAKING:
            self._pieces.append("\n")
        if tag == "li":
            self._pieces.append("* ")
        if tag == "a":
            self._links.append(dict(attrs).get("href") or "")

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in _UNSEEN and self._unseen > 0
        if tag in _BREAKING - {"br"}:
            self._pieces.append("\n")
        if tag == "a" and self._links and (link := self._links.pop()):
            self._pieces.append(f" ({link})")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self._pieces.append(re.sub(r"\s+", " ", data))

    def text(self) -> str:
        """Return the text, with no more than one empty line at a time."""
        lines = [line.strip() for line in "".join(self._pieces).split("\n")]
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"
