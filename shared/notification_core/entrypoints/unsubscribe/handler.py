"""One-click unsubscribe links (RFC 8058): a token that is sealed, so it tells nobody who it is of.

The token names a user, a category and the notification it was in, encrypted and authenticated with
AES-GCM. It does not expire: a no must be possible for as long as the mail is kept. A key that is
replaced is moved to `previous` in the secret, so that its links go on working.
"""

import base64
import hashlib
import json
import secrets
from dataclasses import astuple, dataclass
from typing import Any

from notification_core.domain.outcomes import Delivery
from notification_core.runtime.credentials import credentials
from notification_core.runtime.settings import consumer_settings

#: Names the secret: `{"key": "...", "previous": ["...", ...]}`, any texts.
VARIABLE = "UNSUBSCRIBE_SECRET_ID"

NONCE = 12  #: bytes (NIST SP 800-38D)
PURPOSE = b"unsubscribe"


class InvalidToken(Exception):
    """The token is not one of ours, or was changed."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a link ends."""

    user: str
    category: str
    notification_id: str  #: of the mail that the link was in: the evidence


def link_for(delivery: Delivery) -> str | None:
    """Return the link for an e-mail; None where its user cannot opt out of its category.

    Raises:
        Misconfigured: the key cannot be read: no such mail goes without its link.
    """
    base = consumer_settings().public_url
    if base is None or delivery.category is None or not delivery.unsubscribable:
        return None
    subscription = Subscription(delivery.user, delivery.category, delivery.id)
    return f"{base}/unsubscribe/{seal(subscription)}"


def seal(subscription: Subscription) -> str:
    """Return a token of URL-safe characters. Raises Misconfigured."""
    nonce = secrets.token_bytes(NONCE)
    payload = json.dumps(astuple(subscription), ensure_ascii=False)
    sealed = _cipher(_keys()[0]).encrypt(nonce, payload.encode(), PURPOSE)
    return base64.urlsafe_b64encode(nonce + sealed).decode().rstrip("=")


def unseal(token: str) -> Subscription:
    """Read a token.

    Raises:
        InvalidToken: it was not made here, or was changed.
        Misconfigured: the key cannot be read.
    """
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - see _cipher

    keys = _keys()
    try:
        sealed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError as error:
        raise InvalidToken from error
    for key in keys:
        try:
            payload = _cipher(key).decrypt(sealed[:NONCE], sealed[NONCE:], PURPOSE)
        except (InvalidTag, ValueError):
            continue
        return Subscription(*json.loads(payload))
    raise InvalidToken


def _keys() -> list[bytes]:
    secret = credentials("key", variable=VARIABLE)
    texts = [secret["key"], *secret.get("previous", ())]
    return [hashlib.sha256(str(text).encode()).digest() for text in texts]


def _cipher(key: bytes) -> Any:
    # Only mail that carries a category needs it, and only two functions ship it.
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

    return AESGCM(key)
