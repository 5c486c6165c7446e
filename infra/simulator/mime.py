"""A mail as it was written: its headers, and the inbox item it becomes."""

from email import message_from_bytes
from email.message import EmailMessage, MIMEPart
from email.policy import default as modern

from infra.simulator.outcomes import Target
from infra.simulator.state import Item, now


def read(raw: bytes) -> EmailMessage:
    """Parse a mail."""
    return message_from_bytes(raw, policy=modern)


def headers(mail: EmailMessage) -> list[tuple[str, str]]:
    """Return every header, decoded, in order."""
    return [(name, str(value)) for name, value in mail.items()]


def item(mail: EmailMessage, to: str, message_id: str, sender: str) -> Item:
    """Show a mail as one recipient's."""
    text, html = (mail.get_body((kind,)) for kind in ("plain", "html"))
    shown: Item = {
        "target": Target.EMAIL,
        "to": to,
        "title": str(mail["Subject"] or ""),
        "body": _content(text),
        "at": now(),
        "provider_message_id": message_id,
        "extra": {"from": sender, "headers": dict(headers(mail))},
    }
    return {**shown, "html": _content(html)} if html else shown


def _content(part: MIMEPart | None) -> str:
    """Return the text of a part with the line ends it had before SMTP."""
    return str(part.get_content()).replace("\r\n", "\n") if part else ""
