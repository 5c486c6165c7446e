"""Converts the replies of a mail server to errors of the provider.

Source of the codes: RFC 5321 (4yz transient, 5yz permanent), RFC 3463. A code of the error table
consists of the step of the SMTP dialogue and a part of the reply, the most specific first: a name
for the reply's text if no number distinguishes it (`DATA not verified`), the enhanced code
(`RCPT 5.2.2`), the class and subject of that code (`RCPT 5.2`), the reply code (`RCPT 552`). A
permanent rejection of a recipient or a text also matches rows without a step (`5.2.2`), which
bounces share.
"""

import re
import smtplib

from notification_core.domain.failures import DeliveryFailed, ErrorClass, ProviderError, Rejected
from notification_core.providers.mail.enhanced_codes import keys

#: Reply codes from this number are permanent.
PERMANENT = 500

#: The enhanced code at the start of a reply's text (RFC 2034). Later in the text, the same pattern
#: may be part of a number or a name.
_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")

#: Parts of SES's replies to the text, and their names in the error table.
_WORDS = {
    "Daily message quota exceeded": "DailyQuotaExceeded",
    "not verified": "not verified",
    "Access denied": "not verified",
}

#: The server requires a login or encryption first; it may say so at any step (RFC 4954, 6).
_LOGIN_WANTED = 530

#: At these steps the server does not know any recipient or e-mail yet, so it rejects the sender.
_OURS = frozenset({"CONNECT", "AUTH", "FROM"})


def to_provider_error(
    error: smtplib.SMTPException, otherwise: str = "DATA"
) -> ProviderError | DeliveryFailed:
    """Convert an exception of smtplib to an error of its step in the SMTP dialogue.

    `otherwise` is the step for an exception that does not belong to a particular step.
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
        return _reply("RCPT", code, text)
    if isinstance(error, smtplib.SMTPResponseException):
        return _reply(_step(error) or otherwise, error.smtp_code, error.smtp_error)
    # The server lacks an extension for the address or the text, so smtplib sends nothing.
    return Rejected("not-supported", type(error).__name__)


def _step(error: smtplib.SMTPResponseException) -> str | None:
    match error:
        case smtplib.SMTPConnectError() | smtplib.SMTPHeloError():
            return "CONNECT"
        case smtplib.SMTPAuthenticationError():
            return "AUTH"
        case smtplib.SMTPSenderRefused():
            return "FROM"
        case _:
            return None


def _reply(step: str, code: int, text: str | bytes) -> ProviderError:
    words = text.decode(errors="replace") if isinstance(text, bytes) else text
    if code == _LOGIN_WANTED:
        step = "AUTH"
    codes = [*_codes_of_text(step, words), f"{step} {code}"]
    permanent = ErrorClass.CONFIGURATION if step in _OURS else ErrorClass.MESSAGE
    otherwise = permanent if code >= PERMANENT else ErrorClass.TRANSIENT
    return ProviderError(*codes, message=words, otherwise=otherwise)


def _codes_of_text(step: str, words: str) -> list[str]:
    names = [name for text, name in _WORDS.items() if step == "DATA" and text in words][:1]
    enhanced = _ENHANCED.match(words)
    codes = [f"{step} {name}" for name in names]
    for key in keys(enhanced[0]) if enhanced else []:
        shared = step not in _OURS and key.startswith("5")
        codes += [f"{step} {key}", key] if shared else [f"{step} {key}"]
    return codes
