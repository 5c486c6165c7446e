"""What Twilio says of a message, in a status callback or when it is asked; and that it is Twilio.

Source: twilio.com/docs/messaging/guides/track-outbound-message-status, and
/docs/messaging/api/message-resource ("Message Status values").
"""

import base64
import hmac
from collections.abc import Mapping, Sequence
from enum import StrEnum
from urllib.parse import urlsplit

from notification_core.domain.outcomes import (
    Accepted,
    Confirmed,
    ErrorClass,
    ProviderError,
    ReportContent,
)

#: It is on its way; `sent` may be the last that a carrier lets us know.
UNDER_WAY = frozenset({"accepted", "scheduled", "queued", "sending", "sent"})
ARRIVED = frozenset({"delivered", "read"})
FAILED = frozenset({"undelivered", "failed", "canceled"})


def report_content(
    status: str, error_code: str | int | None, sid: str
) -> ReportContent | ProviderError | None:
    """Return what a status means; None for one that nobody knows."""
    if status in UNDER_WAY:
        return Accepted(sid)
    if status in ARRIVED:
        return Confirmed()
    if status in FAILED:
        code = error_code or status
        return ProviderError(code, message=f"the message is {status}", otherwise=ErrorClass.MESSAGE)
    return None


class Keyword(StrEnum):
    """What a recipient asks for by a reply."""

    STOP = "stop"
    START = "start"


#: The texts that Twilio takes for STOP and for START, each as the whole text of a message.
STOP = frozenset({"STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"})
START = frozenset({"START", "YES", "UNSTOP"})


def parse_keyword(text: str, opt_out_type: str = "") -> Keyword | None:
    """Return the keyword that a reply consists of, or None.

    Args:
        text: the reply.
        opt_out_type: the keyword that Twilio itself has found in it (Advanced Opt-Out), if any.

    Source: help.twilio.com, "Twilio support for opt-out keywords (SMS STOP filtering)".
    """
    keyword = opt_out_type.upper() or "".join(letter for letter in text.upper() if letter.isalnum())
    if keyword in STOP:
        return Keyword.STOP
    return Keyword.START if keyword in START else None


def is_signed(url: str, form: Mapping[str, Sequence[str]], signature: str, token: str) -> bool:
    """Whether a signature is the one that Twilio makes of a URL and a form with this token.

    It is of the URL as it was called and of each field's name and values, in order. Of the SDK,
    which has the same, a function would have to carry 50 MB; a test holds this to it.
    Source: twilio.com/docs/usage/webhooks/webhooks-security, "Validating signatures from Twilio".
    """
    fields = "".join(name + value for name in sorted(form) for value in sorted(set(form[name])))
    signatures = (_signature(variant + fields, token) for variant in _with_and_without_port(url))
    return any(hmac.compare_digest(expected, signature.encode()) for expected in signatures)


def _signature(text: str, token: str) -> bytes:
    return base64.b64encode(hmac.digest(token.encode(), text.encode(), "sha1"))


def _with_and_without_port(url: str) -> tuple[str, str]:
    """Twilio itself is not consistent about the port (so its SDK says)."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return parts._replace(netloc=f"{host}:{port}").geturl(), parts._replace(netloc=host).geturl()
