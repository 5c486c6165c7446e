"""A raw mail: its headers, and its inbox item."""

from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage, MIMEPart
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.policy import default as modern
from functools import cached_property

from infra.simulator.outcomes import Target
from infra.simulator.state import Item, now

_ENCODED = "=?"  # RFC 2047


class Mail:
    """A mail whose parts are parsed on demand, because most mails of a load are never read.

    Args:
        raw: the bytes as received.
    """

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.at = now()

    @cached_property
    def headers(self) -> list[tuple[str, str]]:
        """Every header, decoded, in order."""
        parsed = BytesHeaderParser(policy=compat32).parsebytes(self.raw)
        return [(name, _decoded(name, value)) for name, value in parsed.raw_items()]

    def header(self, name: str) -> str:
        """Return the first header of a name, or an empty string."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


@dataclass(frozen=True, kw_only=True)
class Unread:
    """A mail in the inbox of one recipient that has not been parsed yet."""

    mail: Mail
    to: str
    message_id: str
    sender: str

    def read(self) -> Item:
        """Return the inbox item."""
        message: EmailMessage = message_from_bytes(self.mail.raw, policy=modern)
        text, html = (message.get_body((kind,)) for kind in ("plain", "html"))
        shown: Item = {
            "target": Target.EMAIL,
            "to": self.to,
            "title": self.mail.header("Subject"),
            "body": _content(text),
            "at": self.mail.at,
            "provider_message_id": self.message_id,
            "extra": {"from": self.sender, "headers": dict(self.mail.headers)},
        }
        return {**shown, "html": _content(html)} if html else shown


def _decoded(name: str, value: str) -> str:
    """Unfold a header; only encoded headers need the slow parser."""
    unfolded = str(value).replace("\r", "").replace("\n", "")
    if unfolded.isascii() and _ENCODED not in unfolded:
        return unfolded
    return str(modern.header_fetch_parse(name, value))


def _content(part: MIMEPart | None) -> str:
    """Return the text of a part with the line ends from before SMTP."""
    return str(part.get_content()).replace("\r\n", "\n") if part else ""
