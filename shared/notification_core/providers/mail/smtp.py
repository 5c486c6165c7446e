"""Sends e-mail through a mail server over SMTP.

smtplib's exceptions are all OSErrors, and a lost connection has no code. `smtp_errors.py` converts
the server's replies.
"""

import io
import smtplib
import ssl
import time
from collections.abc import Mapping
from email.message import Message
from email.utils import getaddresses, parseaddr
from threading import local
from typing import Any

from notification_core.domain.failures import (
    DeliveryFailed,
    Misconfigured,
    OutcomeUnknown,
    ProviderError,
    RetryLater,
)
from notification_core.domain.timing import PROVIDER_TIMEOUT
from notification_core.providers.mail.smtp_errors import to_provider_error
from notification_core.providers.time_budget import Budget

#: Seconds to connect, and to wait for one reply.
CONNECT_TIMEOUT, REPLY_TIMEOUT = PROVIDER_TIMEOUT

#: Bytes of an e-mail that are sent between two time checks: one TLS record (RFC 8446, 5.1).
PIECE = 16 * 1024

#: The server asks for the text (RFC 5321, 4.2.3). It cannot have accepted the e-mail before that.
_SEND_TEXT = 354

#: The server closes the connection; it may do so at any step (RFC 5321, 3.8).
_CLOSING = 421

#: Idle seconds after which a kept connection is checked before it is used. A server waits for
#: minutes (RFC 5321, 4.5.3.2.7); if it closes earlier, the cost is a new connection.
REST_SECONDS = 10.0

_kept = local()  # one connection a thread


class Connection(smtplib.SMTP):
    """An SMTP connection that ends in time, and knows if an e-mail's text may have been received.

    A socket's own timeout restarts with each piece that it reads, however small.

    Args:
        budget: the time budget of the first e-mail, including the connection itself.
    """

    def __init__(self, budget: Budget, host: str, port: int, **options: Any) -> None:
        self.begin(budget)
        timeout = max(min(CONNECT_TIMEOUT, budget.left), 0.001)
        super().__init__(host, port, timeout=timeout, **options)

    def begin(self, budget: Budget) -> None:
        """Start another e-mail."""
        self.budget, self.text_began = budget, False

    def hurry(self) -> None:
        """Limit the next read or write to the time that is left."""
        if self.sock is not None:
            # A timeout of 0 would make the socket non-blocking.
            self.sock.settimeout(max(min(REPLY_TIMEOUT, self.budget.left), 0.001))

    def check_time(self) -> None:
        """Raise SMTPServerDisconnected if the time is up; otherwise limit the next operation."""
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
        self.hurry()  # a TLS handshake may follow, which the socket's timeout limits
        self.text_began = self.text_began or code == _SEND_TEXT
        return code, text


class _Replies(io.RawIOBase):
    """A server's replies, with a time limit on each read."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read a piece."""
        self._connection.check_time()
        sock = self._connection.sock
        return 0 if sock is None else sock.recv_into(buffer)


class TlsConnection(Connection, smtplib.SMTP_SSL):
    """A connection with TLS from the first byte."""


def send_by_smtp(message: Message, server: Mapping[str, Any]) -> None:
    """Send an e-mail through `{host, port, security, username, password}`.

    `security` is "starttls" (the default), "tls" or "none".

    Raises:
        ProviderError, DeliveryFailed: the e-mail was not sent, or the outcome is unknown.
    """
    budget = Budget()
    kept = _kept_connection(server, budget)
    if kept is None or not _sent(kept, message, kept=True):
        _sent(_new_connection(server, budget), message)


def _sent(connection: Connection, message: Message, *, kept: bool = False) -> bool:
    """Send an e-mail; False if a kept connection was closed before the text started."""
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
    """Whether the server had closed a kept connection, so that nothing of the e-mail was sent."""
    if isinstance(error, smtplib.SMTPSenderRefused):
        return error.smtp_code == _CLOSING
    cut = isinstance(error, smtplib.SMTPServerDisconnected) and not _is_late(error)
    return cut and not connection.text_began


def _failure(connection: Connection, error: OSError) -> ProviderError | DeliveryFailed:
    """Convert an exception that occurred while this connection was sending an e-mail."""
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
    """Return this thread's connection to this server, if there is one and it responds."""
    kept: Connection | None = getattr(_kept, "connection", None)
    if kept is None or _kept.server != server:
        return None
    kept.begin(budget)
    rested = time.monotonic() - _kept.used_at > REST_SECONDS
    return None if rested and not _answers(kept) else kept


def _new_connection(server: Mapping[str, Any], budget: Budget) -> Connection:
    """Return a new connection, which this thread keeps."""
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
