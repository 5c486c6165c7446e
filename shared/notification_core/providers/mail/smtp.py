"""Through a mail server, by SMTP.

Source of the codes: RFC 5321 (4yz passing, 5yz permanent), RFC 3463. smtplib's exceptions are all
OSErrors, and a cut connection carries no code. A code of the table of errors is the step of the
conversation and what the reply says, the most telling first: what its words mean where no number
tells (`DATA not verified`), its enhanced code (`RCPT 5.2.2`), that code's class and subject
(`RCPT 5.2`), the reply's own code (`RCPT 552`). A refusal for good of a recipient or a text also
goes by the rows that are of no step (`5.2.2`), which bounces share.
"""

import io
import re
import smtplib
import ssl
import time
from collections.abc import Mapping
from email.message import Message
from email.utils import getaddresses, parseaddr
from threading import local
from typing import Any

from notification_core.domain.outcomes import (
    DeliveryFailed,
    ErrorClass,
    Misconfigured,
    OutcomeUnknown,
    ProviderError,
    Rejected,
    RetryLater,
)
from notification_core.domain.timing import PROVIDER_TIMEOUT
from notification_core.providers.mail.enhanced_codes import keys
from notification_core.providers.time_budget import Budget

PERMANENT = 500
#: Seconds to connect, and to wait for one reply.
CONNECT_TIMEOUT, REPLY_TIMEOUT = PROVIDER_TIMEOUT

#: Bytes of a mail that are sent between two looks at the time: one record of TLS (RFC 8446, 5.1).
PIECE = 16 * 1024

#: The server wants the text now (RFC 5321, 4.2.3): before that it cannot have taken the mail.
_SEND_TEXT = 354

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

#: The server closes the connection, at whichever step (RFC 5321, 3.8).
_CLOSING = 421

#: Seconds without a mail after which a kept connection is asked whether it still stands. A server
#: waits for minutes (RFC 5321, 4.5.3.2.7), and one that does not costs a new connection.
REST_SECONDS = 10.0

#: At these steps the server has not heard of any recipient or mail yet: it refuses us.
_OURS = frozenset({"CONNECT", "AUTH", "FROM"})

_kept = local()  # one connection a thread


class Connection(smtplib.SMTP):
    """Ends in time, and knows whether the text of a mail may have reached the server.

    A socket's own time-out starts anew with each piece that it reads, however small.

    Args:
        budget: the time of the first mail, from the first step of the connection on.
    """

    def __init__(self, budget: Budget, host: str, port: int, **options: Any) -> None:
        self.begin(budget)
        timeout = max(min(CONNECT_TIMEOUT, budget.left), 0.001)
        super().__init__(host, port, timeout=timeout, **options)

    def begin(self, budget: Budget) -> None:
        """Begin another mail."""
        self.budget, self.text_began = budget, False

    def hurry(self) -> None:
        """Let the next read or write end in time."""
        if self.sock is not None:
            # 0 would mean not to wait at all.
            self.sock.settimeout(max(min(REPLY_TIMEOUT, self.budget.left), 0.001))

    def check_time(self) -> None:
        """Raise SMTPServerDisconnected when the time is up; else let what follows end in time."""
        if self.budget.left <= 0:
            raise smtplib.SMTPServerDisconnected("the time is up") from TimeoutError()
        self.hurry()

    def send(self, s: Any) -> None:
        """Send a command or the text."""
        content = s.encode(self.command_encoding) if isinstance(s, str) else bytes(s)
        for start in range(0, len(content), PIECE):
            self.check_time()
            super().send(content[start : start + PIECE])

    def getreply(self) -> tuple[int, bytes]:
        """Read a reply."""
        if self.file is None and self.sock is not None:
            self.file = io.BufferedReader(_Replies(self))
        code, text = super().getreply()
        self.hurry()  # encryption may begin, which is bounded by the socket's time-out
        self.text_began = self.text_began or code == _SEND_TEXT
        return code, text


class _Replies(io.RawIOBase):
    """What a server says, each piece of it read in time."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read a piece."""
        self._connection.check_time()
        sock = self._connection.sock
        return 0 if sock is None else sock.recv_into(buffer)


class TlsConnection(Connection, smtplib.SMTP_SSL):
    """The same, over TLS from the first byte."""


def send_by_smtp(message: Message, server: Mapping[str, Any]) -> None:
    """Send an e-mail through `{host, port, security, username, password}`.

    `security` is "starttls" (the default), "tls" or "none".

    Raises:
        ProviderError, DeliveryFailed: it did not go, or there is no telling.
    """
    budget = Budget()
    kept = _kept_connection(server, budget)
    if kept is None or not _sent(kept, message, kept=True):
        _sent(_new_connection(server, budget), message)


def _sent(connection: Connection, message: Message, *, kept: bool = False) -> bool:
    """Send an e-mail; False where a kept connection had been closed before the text began."""
    sender = parseaddr(str(message["From"]))[1]
    recipients = [address for _, address in getaddresses([str(message["To"])])]
    try:
        refused = connection.sendmail(sender, recipients, message.as_bytes())
    except (smtplib.SMTPException, TimeoutError) as error:
        _forget(connection)
        if kept and _was_closed(connection, error):
            return False
        raise _failure(connection, error) from error
    _kept.used_at = time.monotonic()
    if refused:
        raise to_provider_error(smtplib.SMTPRecipientsRefused(refused))
    return True


def _was_closed(connection: Connection, error: OSError) -> bool:
    """Whether the server had ended a kept connection, so that nothing of the mail has gone."""
    if isinstance(error, smtplib.SMTPSenderRefused):
        return error.smtp_code == _CLOSING
    cut = isinstance(error, smtplib.SMTPServerDisconnected) and not _is_late(error)
    return cut and not connection.text_began


def _failure(connection: Connection, error: OSError) -> ProviderError | DeliveryFailed:
    """Return what an exception says of a mail that this connection was sending."""
    cut = isinstance(error, smtplib.SMTPServerDisconnected)
    if isinstance(error, smtplib.SMTPException) and not cut:
        return to_provider_error(error)
    code = "read-timeout" if _is_late(error) else "connection-cut"
    failure = OutcomeUnknown if connection.text_began else RetryLater
    return failure(code, type(error).__name__)


def _is_late(error: OSError) -> bool:
    # smtplib raises its own exception in place of the socket's.
    return isinstance(error.__cause__ or error.__context__ or error, TimeoutError)


def _kept_connection(server: Mapping[str, Any], budget: Budget) -> Connection | None:
    """Return this thread's connection to this server; None where it has none that answers."""
    kept: Connection | None = getattr(_kept, "connection", None)
    if kept is None or _kept.server != server:
        return None
    kept.begin(budget)
    rested = time.monotonic() - _kept.used_at > REST_SECONDS
    return None if rested and not _answers(kept) else kept


def _new_connection(server: Mapping[str, Any], budget: Budget) -> Connection:
    """Return a connection, which this thread keeps."""
    try:
        connection = _connect(server, budget)
    except smtplib.SMTPResponseException as error:
        raise to_provider_error(error, "CONNECT") from error
    except smtplib.SMTPNotSupportedError as error:
        raise Misconfigured("not-supported", str(error)) from error
    except OSError as error:
        raise RetryLater("not-connected", type(error).__name__) from error
    _kept.connection, _kept.server = connection, server
    return connection


def _forget(connection: Connection) -> None:
    connection.close()
    _kept.connection = None


def _answers(connection: Connection) -> bool:
    try:
        return connection.noop()[0] == 250  # noqa: PLR2004 - RFC 5321, 4.2.3: OK
    except OSError:
        return False


def _connect(server: Mapping[str, Any], budget: Budget) -> Connection:
    host, port = server["host"], int(server.get("port") or 587)
    security = server.get("security") or "starttls"
    if security == "tls":
        context = ssl.create_default_context()
        connection: Connection = TlsConnection(budget, host, port, context=context)
    else:
        connection = Connection(budget, host, port)
        if security == "starttls":
            connection.starttls(context=ssl.create_default_context())
    if server.get("username"):
        connection.login(server["username"], server.get("password", ""))
    return connection


def to_provider_error(
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
    names = [name for text, name in _WORDS.items() if step == "DATA" and text in words][:1]
    enhanced = _ENHANCED.match(words)
    codes = [f"{step} {name}" for name in names]
    for key in keys(enhanced[0]) if enhanced else []:
        shared = step not in _OURS and key.startswith("5")
        codes += [f"{step} {key}", key] if shared else [f"{step} {key}"]
    return codes
