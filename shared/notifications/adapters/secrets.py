"""Secrets of Secrets Manager: fetched once a minute per container, never logged."""

import json
import time
from collections.abc import Callable
from threading import Lock
from typing import Any

#: How long a secret is believed: one that was replaced is used from then on at the latest.
FRESH_SECONDS = 60


class Secrets:
    """What the secrets say, each a JSON object.

    Args:
        client: makes a botocore Secrets Manager client; called at the first secret.
    """

    def __init__(self, client: Callable[[], Any]) -> None:
        self._client = client
        self._fetching = Lock()
        self._fetched: dict[str, tuple[float, dict[str, Any]]] = {}

    def get(self, name: str) -> dict[str, Any]:
        """Return a secret. Raises ValueError where it is no JSON, ClientError as botocore does."""
        with self._fetching:  # a batch's first sends all ask at once
            at, secret = self._fetched.get(name, (float("-inf"), {}))
            if time.monotonic() - at < FRESH_SECONDS:
                return secret
            answer = self._client().get_secret_value(SecretId=name)
            found: dict[str, Any] = json.loads(answer["SecretString"])
            self._fetched[name] = time.monotonic(), found
            return found

    def forget(self) -> None:
        """Fetch anew at the next use."""
        self._fetched.clear()
