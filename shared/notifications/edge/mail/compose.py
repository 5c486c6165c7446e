"""The e-mail that a notification becomes: a text and an HTML part."""

import html
import re
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime, parseaddr
from html.parser import HTMLParser

from notifications.domain.content import is_one_line
from notifications.domain.outcome import Delivery, Rejected

UNSUBSCRIBE = "List-Unsubscribe"

#: `<https://example.com>` and `<eggs@example.com>` in a text are none.
_TAG = re.compile(r"<(?:!doctype|/?[a-z][a-z0-9]*)(?=[\s/>])[^<>]*>", re.IGNORECASE)
_UNSEEN = frozenset({"head", "script", "style", "title"})
_BREAKING = frozenset({"br", "div", "h1", "h2", "h3", "h4", "li", "p", "table", "tr", "ul", "ol"})


class _Policy(EmailPolicy):
    """Writes the unsubscribe link as it is: folding would encode what is too long for a line."""

    def fold(self, name: str, value: str) -> str:
        whole = f"{name}: {value}{self.linesep}"
        return whole if name == UNSUBSCRIBE else super().fold(name, value)

    def fold_binary(self, name: str, value: str) -> bytes:
        whole = f"{name}: {value}{self.linesep}".encode()
        return whole if name == UNSUBSCRIBE else super().fold_binary(name, value)


#: 7 bit, because a server need not take more (RFC 6152), and SES may change 8 bit on its way
#: (Amazon SES API v2 Reference, RawMessage).
POLICY = _Policy(linesep=SMTP.linesep, cte_type="7bit")


def compose(delivery: Delivery, sender: str, unsubscribe: str | None = None) -> EmailMessage:
    """Return the e-mail; its Message-ID is the same at every attempt (RFC 5322, 3.6.4).

    Through SES it is not: SES overwrites Message-ID and Date with its own (Amazon SES Developer
    Guide, "Amazon SES header fields").

    `unsubscribe` is the URL of its one-click link (RFC 8058).

    Raises:
        Rejected: a header cannot be written.
    """
    reply_to = delivery.extra.get("reply_to", "")
    if not is_one_line(delivery.address + delivery.title + reply_to):
        raise Rejected("invalid-header", "a control character")
    message = EmailMessage(policy=POLICY)
    domain = parseaddr(sender)[1].rpartition("@")[2]
    try:
        message["Message-ID"] = f"<{delivery.id}@{domain}>"
        message["Date"] = format_datetime(delivery.scheduled_delivery)
        message["From"] = sender
        message["To"] = delivery.address
        message["Subject"] = delivery.title
        if reply_to:
            message["Reply-To"] = reply_to
        if unsubscribe:
            message[UNSUBSCRIBE] = f"<{unsubscribe}>"
            message[f"{UNSUBSCRIBE}-Post"] = "List-Unsubscribe=One-Click"
    except (ValueError, IndexError) as error:
        raise Rejected("invalid-header", type(error).__name__) from error
    text, page = both_forms(delivery.body)
    message.set_content(text)
    message.add_alternative(page, subtype="html")
    return message


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
