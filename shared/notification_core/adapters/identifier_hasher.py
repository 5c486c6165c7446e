"""Keyed hashes. Unlike plain hashes, they cannot be matched to candidates without the key."""

import hmac
import logging
from collections.abc import Callable, Sequence

from notification_core.adapters.secrets import Secrets
from notification_core.domain.errors import Unavailable

logger = logging.getLogger(__name__)

#: SHA-512, because a prefix and its 128 digits are longer than any user's id (MAX_USER).
DIGEST = "sha512"
SHORTEST = 32  #: characters of a key; a shorter key is a placeholder and can be guessed


class IdentifierHasher:
    """Implements `Ports.hash_identifier`: HMACs (RFC 2104) with the keys of one secret.

    Args:
        secrets: provides the secret. An invalid secret is forgotten, so that a corrected secret is
            used a minute later.
        secret_id: returns the id of the secret, `{"key": text, "previous": [text, ...]}`.
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
