"""Twilio's message statuses, opt-out keywords and webhook signatures.

The statuses come in callbacks and in responses to status polls.

Source: twilio.com/docs/messaging/guides/track-outbound-message-status, and
/docs/messaging/api/message-resource ("Message Status values").
"""

import base64
import hmac
from collections.abc import Mapping, Sequence
from enum import StrEnum
from urllib.parse import urlsplit

from notification_core.domain.delivery import Accepted, Confirmed, ReportContent
from notification_core.domain.failures import ErrorClass, ProviderError

#: The message is on its way; `sent` may be the last status that a carrier reports.
UNDER_WAY = frozenset({"accepted", "scheduled", "queued", "sending", "sent"})
ARRIVED = frozenset({"delivered", "read"})
FAILED = frozenset({"undelivered", "failed", "canceled"})


def report_content(
    status: str, error_code: str | int | None, sid: str
) -> ReportContent | ProviderError | None:
    """Return the report content of a status; None for an unknown status."""
    if status in UNDER_WAY:
        return Accepted(sid)
    if status in ARRIVED:
        return Confirmed()
    if status in FAILED:
        code = error_code or status
        return ProviderError(code, message=f"the message is {status}", otherwise=ErrorClass.MESSAGE)
    return None


class Keyword(StrEnum):
    """The request in a recipient's reply."""

    STOP = "stop"
    START = "start"


#: The texts that Twilio treats as STOP and as START if they are the whole text of a message.
STOP = frozenset({"STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"})
START = frozenset({"START", "YES", "UNSTOP"})


def parse_keyword(text: str, opt_out_type: str = "") -> Keyword | None:
    """Return the keyword that a reply consists of, or None.

    Args:
        text: the reply.
        opt_out_type: the keyword that Twilio itself has detected (Advanced Opt-Out), if any.

    Source: help.twilio.com, "Twilio support for opt-out keywords (SMS STOP filtering)".
    """
    keyword = opt_out_type.upper() or "".join(letter for letter in text.upper() if letter.isalnum())
    if keyword in STOP:
        return Keyword.STOP
    return Keyword.START if keyword in START else None


def is_signed(url: str, form: Mapping[str, Sequence[str]], signature: str, token: str) -> bool:
    """Whether Twilio made this signature for a URL and a form with this token.

    The signature covers the URL as it was called, and each field's name and values in order. The
    SDK has the same function, but would add 50 MB to the Lambda package; a test compares the two.
    Source: twilio.com/docs/usage/webhooks/webhooks-security, "Validating signatures from Twilio".
    """
    fields = "".join(name + value for name in sorted(form) for value in sorted(set(form[name])))
    signatures = (_signature(variant + fields, token) for variant in _with_and_without_port(url))
    return any(hmac.compare_digest(expected, signature.encode()) for expected in signatures)


def _signature(text: str, token: str) -> bytes:
    return base64.b64encode(hmac.digest(token.encode(), text.encode(), "sha1"))


def _with_and_without_port(url: str) -> tuple[str, str]:
    """Return both forms of a URL: Twilio is not consistent about the port, as its SDK says."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return parts._replace(netloc=f"{host}:{port}").geturl(), parts._replace(netloc=host).geturl()
