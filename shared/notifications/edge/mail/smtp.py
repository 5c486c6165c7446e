"""Through a mail server, by SMTP.

Source of the codes: RFC 5321 (4yz passing, 5yz permanent), RFC 3463. smtplib's exceptions are all
OSErrors, and a cut connection carries no code. A code of the table of errors is the step of the
conversation and what the reply says, the most telling first: what its words mean where no number
tells (`DATA not verified`), its enhanced code (`RCPT 5.2.2`), that code's class and subject
(`RCPT 5.2`), the reply's own code (`RCPT 552`). A refusal for good of a recipient or a text also
goes by the rows that are of no step (`5.2.2`), which bounces share.
"""

import re
import smtplib
import ssl
from collections.abc import Mapping
from email.message import EmailMessage
from threading import local
from typing import Any

from notifications.domain.outcome import (
    DeliveryFailed,
    ErrorClass,
    MayHaveGone,
    Misconfigured,
    ProviderError,
    Rejected,
    RetryLater,
)
from notifications.domain.timing import PROVIDER_TIMEOUT
from notifications.edge.mail.enhanced import keys

PERMANENT = 500
TIMEOUT = PROVIDER_TIMEOUT[1]

#: A reply's text begins with it (RFC 2034); further on it may be part of a number or a name.
_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")

#: What SES says at the end of the text, and the name that the table of errors has for it.
_WORDS = {
    "Daily message quota exceeded": "DailyQuotaExceeded",
    "not verified": "not verified",
    "Access denied": "not verified",
}

#: A login or encryption is wanted first, at whichever step the server asks for it (RFC 4954, 6).
_LOGIN_WANTED = 530

#: At these steps the server has not heard of any recipient or mail yet: it refuses us.
_OURS = frozenset({"CONNECT", "AUTH", "FROM"})

_kept = local()  # one connection a thread


class Connection(smtplib.SMTP):
    """Knows whether the text of a mail may have reached the server."""

    data_began = False

    def data(self, msg: Any) -> tuple[int, bytes]:
        """Send the text."""
        self.data_began = True
        return super().data(msg)


class TlsConnection(Connection, smtplib.SMTP_SSL):
    """The same, over TLS from the first byte."""


def send_by_smtp(message: EmailMessage, server: Mapping[str, Any]) -> None:
    """Send an e-mail through `{host, port, security, username, password}`.

    `security` is "starttls" (the default), "tls" or "none".

    Raises:
        ProviderError, DeliveryFailed: it did not go, or there is no telling.
    """
    connection = _connection(server)
    connection.data_began = False
    try:
        refused = connection.send_message(message)
    except (smtplib.SMTPServerDisconnected, TimeoutError) as error:
        _forget(connection)
        name = type(error).__name__
        gone = MayHaveGone("connection-cut", name)
        raise gone if connection.data_began else RetryLater("connection-cut", name) from error
    except smtplib.SMTPException as error:
        _forget(connection)
        raise explain(error) from error
    if refused:
        raise explain(smtplib.SMTPRecipientsRefused(refused))


def _connection(server: Mapping[str, Any]) -> Connection:
    """Return this thread's connection, if it still answers, or a new one."""
    kept: Connection | None = getattr(_kept, "connection", None)
    if kept is not None and _kept.server == server and _answers(kept):
        return kept
    try:
        _kept.connection, _kept.server = _connect(server), server
    except smtplib.SMTPResponseException as error:
        raise explain(error, "CONNECT") from error
    except smtplib.SMTPNotSupportedError as error:
        raise Misconfigured("not-supported", str(error)) from error
    except OSError as error:
        raise RetryLater("not-connected", type(error).__name__) from error
    made: Connection = _kept.connection
    return made


def _forget(connection: Connection) -> None:
    connection.close()
    _kept.connection = None


def _answers(connection: Connection) -> bool:
    try:
        return connection.noop()[0] == 250  # noqa: PLR2004 - RFC 5321, 4.2.3: OK
    except OSError:
        return False


def _connect(server: Mapping[str, Any]) -> Connection:
    host, port = server["host"], int(server.get("port") or 587)
    security = server.get("security") or "starttls"
    if security == "tls":
        context = ssl.create_default_context()
        made: Connection = TlsConnection(host, port, timeout=TIMEOUT, context=context)
    else:
        made = Connection(host, port, timeout=TIMEOUT)
        if security == "starttls":
            made.starttls(context=ssl.create_default_context())
    if server.get("username"):
        made.login(server["username"], server.get("password", ""))
    return made


def explain(
    error: smtplib.SMTPException, otherwise: str = "DATA"
) -> ProviderError | DeliveryFailed:
    """Return what an exception of smtplib says, at which step of the conversation.

    `otherwise` is the step of an exception that stands for none of its own.
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
        return _reply("RCPT", code, text)
    if isinstance(error, smtplib.SMTPResponseException):
        return _reply(_step(error) or otherwise, error.smtp_code, error.smtp_error)
    # An address or a text that the server has no extension for: smtplib sends nothing.
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
    codes = [*_said(step, words), f"{step} {code}"]
    for_good = ErrorClass.CONFIGURATION if step in _OURS else ErrorClass.MESSAGE
    otherwise = for_good if code >= PERMANENT else ErrorClass.TRANSIENT
    return ProviderError(*codes, message=words, otherwise=otherwise)


def _said(step: str, words: str) -> list[str]:
    told = [name for text, name in _WORDS.items() if step == "DATA" and text in words][:1]
    enhanced = _ENHANCED.match(words)
    codes = [f"{step} {each}" for each in told]
    for key in keys(enhanced[0]) if enhanced else []:
        shared = step not in _OURS and key.startswith("5")
        codes += [f"{step} {key}", key] if shared else [f"{step} {key}"]
    return codes
