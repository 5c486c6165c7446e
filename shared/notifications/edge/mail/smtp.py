"""Through a mail server, by SMTP.

Source of the codes: RFC 5321 (4yz passing, 5yz permanent), RFC 3463. smtplib's exceptions are all
OSErrors, and a cut connection carries no code.
"""

import smtplib
import ssl
from collections.abc import Mapping
from email.message import EmailMessage
from threading import local
from typing import Any

from notifications.domain.outcome import Blame, DeliveryFailed, MayHaveGone, RetryLater
from notifications.edge.failures import TIMEOUT, failure

#: Replies to RCPT that say the mailbox does not exist.
NO_SUCH_MAILBOX = frozenset({550, 551, 553})
THROTTLED = 454
PERMANENT = 500

_kept = local()  # one connection a thread


def send_by_smtp(message: EmailMessage, server: Mapping[str, Any]) -> None:
    """Send an e-mail through `{host, port, security, username, password}`.

    `security` is "starttls" (the default), "tls" or "none". Raises a DeliveryFailed.
    """
    connection = _connection(server)
    try:
        connection.send_message(message)
    except (smtplib.SMTPServerDisconnected, TimeoutError) as error:
        _forget(connection)
        raise MayHaveGone("connection-cut", type(error).__name__) from error
    except smtplib.SMTPException as error:
        _forget(connection)
        raise explain(error) from error


def _connection(server: Mapping[str, Any]) -> smtplib.SMTP:
    """Return this thread's connection, if it still answers, or a new one."""
    kept: smtplib.SMTP | None = getattr(_kept, "connection", None)
    if kept is not None and _kept.server == server and _answers(kept):
        return kept
    try:
        _kept.connection, _kept.server = _connect(server), server
    except smtplib.SMTPAuthenticationError as error:
        passing = error.smtp_code < PERMANENT
        blame = Blame.TRANSIENT if passing else Blame.CONFIGURATION
        raise failure(blame, error.smtp_code, "authentication refused") from error
    except OSError as error:
        raise RetryLater("not-connected", type(error).__name__) from error
    made: smtplib.SMTP = _kept.connection
    return made


def _forget(connection: smtplib.SMTP) -> None:
    connection.close()
    _kept.connection = None


def _answers(connection: smtplib.SMTP) -> bool:
    try:
        return connection.noop()[0] == 250  # noqa: PLR2004 - RFC 5321, 4.2.3: OK
    except OSError:
        return False


def _connect(server: Mapping[str, Any]) -> smtplib.SMTP:
    host, port = server["host"], int(server.get("port") or 587)
    security, timeout = server.get("security") or "starttls", TIMEOUT[1]
    if security == "tls":
        context = ssl.create_default_context()
        made: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=timeout, context=context)
    else:
        made = smtplib.SMTP(host, port, timeout=timeout)
        if security == "starttls":
            made.starttls(context=ssl.create_default_context())
    if server.get("username"):
        made.login(server["username"], server.get("password", ""))
    return made


def explain(error: smtplib.SMTPException) -> DeliveryFailed:
    """Return the failure that an exception of smtplib stands for."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
        gone = Blame.RECIPIENT if code in NO_SUCH_MAILBOX else Blame.PERMANENT
        return failure(Blame.TRANSIENT if code < PERMANENT else gone, code, _words(text))
    if not isinstance(error, smtplib.SMTPResponseException):
        return failure(Blame.AMBIGUOUS, type(error).__name__)
    code, words = error.smtp_code, _words(error.smtp_error)
    if isinstance(error, smtplib.SMTPSenderRefused):
        blame = Blame.TRANSIENT if code < PERMANENT else Blame.CONFIGURATION
    elif code == THROTTLED:
        blame = Blame.THROTTLED
    elif code < PERMANENT:
        blame = Blame.TRANSIENT
    else:
        ours = "not verified" in words or "denied" in words
        blame = Blame.CONFIGURATION if ours else Blame.PERMANENT
    return failure(blame, code, words)


def _words(text: str | bytes) -> str:
    return text.decode(errors="replace") if isinstance(text, bytes) else text
