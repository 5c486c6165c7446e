"""Keyed hashes: who has no key cannot try out whose they are, as with a plain hash."""

import hmac
import logging
from collections.abc import Callable, Sequence

from notification_core.adapters.secrets import Secrets
from notification_core.domain.errors import Unavailable

logger = logging.getLogger(__name__)

#: SHA-512, because its 128 digits after a prefix are longer than any user's id (MAX_USER).
DIGEST = "sha512"
SHORTEST = 32  #: characters of a key: less is a placeholder, and can be guessed


class IdentifierHasher:
    """What `Ports.pseudonyms` asks for: HMACs (RFC 2104) under the keys of one secret.

    Args:
        secrets: has it. One that is no good is forgotten: a mended one is used a minute later.
        secret_id: names it, `{"key": text, "previous": [text, ...]}`.
    """

    def __init__(self, secrets: Secrets, secret_id: Callable[[], str]) -> None:
        self._secrets = secrets
        self._secret_id = secret_id

    def __call__(self, text: str) -> Sequence[str]:
        return [hmac.digest(key.encode(), text.encode(), DIGEST).hex() for key in self._keys()]

    def _keys(self) -> list[str]:
        try:
            secret = self._secrets.get(self._secret_id())
            keys = [str(secret["key"]), *map(str, secret.get("previous", ()))]
        except Exception as error:
            self._secrets.forget()
            logger.exception("the secret of erased users cannot be read")
            raise Unavailable("the secret of erased users cannot be read") from error
        if min(map(len, keys)) < SHORTEST:
            self._secrets.forget()
            logger.error("a key of erased users has fewer than %d characters", SHORTEST)
            raise Unavailable(f"each key of erased users must have {SHORTEST} characters or more")
        return keys
