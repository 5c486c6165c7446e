"""A provider's credentials: fetched once per container, never logged."""

import json
from functools import cache
from threading import Lock
from typing import Any

from notifications.domain.outcome import Misconfigured
from notifications.edge.settings import consumer_settings
from notifications.edge.wiring import aws_client

_fetching = Lock()


@cache
def _credentials() -> dict[str, Any]:
    secret_id = consumer_settings().secret_id
    answer = aws_client("secretsmanager").get_secret_value(SecretId=secret_id)
    credentials: dict[str, Any] = json.loads(answer["SecretString"])
    return credentials


def credentials(*required: str) -> dict[str, Any]:
    """Return the secret of this consumer's module, a JSON object.

    Raises:
        Misconfigured: it cannot be read, or one of `required` is missing or empty. What was
            fetched then is forgotten, so that a mended secret is found by the next batch.
    """
    try:
        with _fetching:  # a batch's first sends all ask at once
            found = _credentials()
    except Exception as error:
        raise Misconfigured("secret-unreadable", type(error).__name__) from error
    missing = [name for name in required if not found.get(name)]
    if missing:
        _credentials.cache_clear()
        raise Misconfigured("secret-incomplete", f"set {', '.join(missing)} in the secret")
    return found


def forget_credentials() -> None:
    """Fetch anew at the next use: the provider refused these."""
    _credentials.cache_clear()
