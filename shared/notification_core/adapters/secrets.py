"""Secrets in Secrets Manager and Parameter Store. They are cached, and never logged.

Sources of the error codes: AWS Secrets Manager API Reference, GetSecretValue; AWS Systems Manager
API Reference, GetParameter; "Common errors" of both.
"""

import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from threading import Lock
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from notification_core.adapters.backoff import backoff
from notification_core.domain.clock import Clock

logger = logging.getLogger(__name__)

#: How long a secret is cached. A replaced secret is used after this time at the latest. Secrets
#: Manager charges for fetches ($5 per million), and most containers fetch for one notification.
FRESH = timedelta(minutes=5)
#: How long a failed fetch is cached.
FAILED = timedelta(seconds=5)
#: The minimum age of a secret that `forget` causes to be fetched again.
AGAIN = timedelta(minutes=1)

#: Seconds during which a fetch that fails immediately is retried.
PATIENCE = 0.5
#: For the client. It makes one attempt, because this class retries; with the retries, the longest
#: fetch takes three seconds. A consumer that sends its last message must still have the time to
#: store the outcome.
CONFIG = Config(
    connect_timeout=1,
    read_timeout=1.5,
    retries={"mode": "standard", "total_max_attempts": 1},
    tcp_keepalive=True,
)


class SecretUnavailable(Exception):
    """A secret could not be fetched, or is not a JSON object; the message has AWS's error code."""


@dataclass(frozen=True, slots=True)
class _Known:
    """The result of the latest fetch of a secret."""

    fetched_at: datetime
    until: datetime  #: when the secret is fetched again
    secret: dict[str, Any] | None  #: from an earlier fetch if this one failed
    error: str | None = None


class Secrets:
    """The contents of secrets, each a JSON object.

    A secret's name is its id in Secrets Manager; a name that begins with a slash is the name of a
    parameter.

    A failed fetch is cached for `FAILED`. Meanwhile the secret of an earlier fetch is used, unless
    AWS denied access or the secret was deleted.

    Args:
        client: creates a botocore client of a service with `CONFIG`; called for the first secret.
        clock: the time of day, because a monotonic clock may stop while a container is frozen.
    """

    def __init__(self, client: Callable[[str], Any], clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._fetching = Lock()
        self._known: dict[str, _Known] = {}

    def get(self, name: str) -> dict[str, Any]:
        """Return a secret. Raises SecretUnavailable."""
        with self._fetching:  # a batch's first sends need the secret at the same time
            fetched = self._known.get(name)
            if fetched is None or not fetched.fetched_at <= self._clock() < fetched.until:
                fetched = self._known[name] = self._fetch(name, fetched)
        if fetched.secret is None:
            raise SecretUnavailable(fetched.error)
        return fetched.secret

    def forget(self) -> None:
        """Fetch each secret again at its next use, but at most once a minute.

        Failed fetches stay cached.
        """
        with self._fetching:
            self._known = {
                name: fetched
                if fetched.error
                else replace(fetched, until=min(fetched.until, fetched.fetched_at + AGAIN))
                for name, fetched in self._known.items()
            }

    def _fetch(self, name: str, before: _Known | None) -> _Known:
        try:
            secret = self._ask(name)
        except Exception as error:  # noqa: BLE001 - SDKs and secrets fail in many ways
            now, reason = self._clock(), _reason(error)
            logger.warning("a secret cannot be fetched: %s", reason)
            stale = before.secret if before and _passes(error) else None
            return _Known(now, now + FAILED, stale, reason)
        now = self._clock()
        return _Known(now, now + FRESH, secret)

    def _ask(self, name: str) -> dict[str, Any]:
        began, attempt = time.monotonic(), 0
        while True:
            try:
                text = self._text(name)
            except Exception as error:
                attempt += 1
                wait = backoff(attempt, base=0.1)
                if not _passes(error) or time.monotonic() + wait - began > PATIENCE:
                    raise
                time.sleep(wait)
            else:
                secret = json.loads(text)
                if not isinstance(secret, dict):
                    raise TypeError("not a JSON object")
                return secret

    def _text(self, name: str) -> str:
        if name.startswith("/"):
            answer = self._client("ssm").get_parameter(Name=name, WithDecryption=True)
            return str(answer["Parameter"]["Value"])
        answer = self._client("secretsmanager").get_secret_value(SecretId=name)
        return str(answer["SecretString"])


def _passes(error: Exception) -> bool:
    """Whether the failure says nothing about the secret or the access to it."""
    if not isinstance(error, ClientError):
        return isinstance(error, BotoCoreError)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR or "Throttl" in _reason(error)


def _reason(error: Exception) -> str:
    """Return AWS's code or the exception's name, because the message could quote the secret."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code") or "ClientError")
    return type(error).__name__
