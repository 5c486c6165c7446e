"""Keyed hashes: who has no key cannot try out whose they are, as with a plain hash."""

import hmac
import json
import logging
import time
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any

from notifications.domain.errors import Unavailable

logger = logging.getLogger(__name__)

#: SHA-512, because its 128 digits after a prefix are longer than any user's id (MAX_USER).
DIGEST = "sha512"
SHORTEST = 32  #: characters of a key: less is a placeholder, and can be guessed
FRESH_SECONDS = 60  #: how long a key is believed: a new one is used from then on at the latest


class KeyedHashes:
    """What `Ports.pseudonyms` asks for: HMACs (RFC 2104) under the keys of one secret.

    Args:
        client: makes a botocore Secrets Manager client; called at the first hash.
        secret_id: names the secret, `{"key": text, "previous": [text, ...]}`.
    """

    def __init__(self, client: Callable[[], Any], secret_id: Callable[[], str]) -> None:
        self._client = client
        self._secret_id = secret_id
        self._lock = Lock()
        self._fetched_at = float("-inf")
        self._keys: list[str] = []

    def __call__(self, text: str) -> Sequence[str]:
        with self._lock:
            if time.monotonic() - self._fetched_at > FRESH_SECONDS:
                self._keys = self._fetch()
                self._fetched_at = time.monotonic()
            keys = self._keys
        return [hmac.digest(key.encode(), text.encode(), DIGEST).hex() for key in keys]

    def _fetch(self) -> list[str]:
        try:
            answer = self._client().get_secret_value(SecretId=self._secret_id())
            secret = json.loads(answer["SecretString"])
            keys = [str(secret["key"]), *map(str, secret.get("previous", ()))]
        except Exception as error:
            logger.exception("the secret of erased users cannot be read")
            raise Unavailable("the secret of erased users cannot be read") from error
        if min(map(len, keys)) < SHORTEST:
            logger.error("a key of erased users has fewer than %d characters", SHORTEST)
            raise Unavailable(f"each key of erased users must have {SHORTEST} characters or more")
        return keys
