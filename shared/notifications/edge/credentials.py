"""Secrets: fetched once a minute per container, never logged."""

import json
import time
from threading import Lock
from typing import Any

from notifications.domain.outcome import Misconfigured
from notifications.edge.settings import secret_id
from notifications.edge.wiring import aws_client

#: How long a secret is believed: one that was replaced is used from then on at the latest.
FRESH_SECONDS = 60

_fetching = Lock()
_fetched: dict[str, tuple[float, dict[str, Any]]] = {}


def _secret(name: str) -> dict[str, Any]:
    at, secret = _fetched.get(name, (float("-inf"), {}))
    if time.monotonic() - at < FRESH_SECONDS:
        return secret
    answer = aws_client("secretsmanager").get_secret_value(SecretId=name)
    found: dict[str, Any] = json.loads(answer["SecretString"])
    _fetched[name] = time.monotonic(), found
    return found


def credentials(*required: str, variable: str = "SECRET_ID") -> dict[str, Any]:
    """Return the secret that a variable of this function names, a JSON object.

    Raises:
        Misconfigured: it cannot be read, or one of `required` is missing or empty. What was
            fetched then is forgotten, so that a mended secret is found by the next batch.
    """
    try:
        with _fetching:  # a batch's first sends all ask at once
            found = _secret(secret_id(variable))
    except Exception as error:
        raise Misconfigured("secret-unreadable", type(error).__name__) from error
    missing = [name for name in required if not found.get(name)]
    if missing:
        _fetched.clear()
        raise Misconfigured("secret-incomplete", f"set {', '.join(missing)} in the secret")
    return found


def forget_credentials() -> None:
    """Fetch anew at the next use: the provider refused these."""
    _fetched.clear()
