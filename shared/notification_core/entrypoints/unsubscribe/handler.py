"""One-click unsubscribe links (RFC 8058) with a sealed token, which does not reveal the user.

The token contains a user, a category and the id of the notification that held the link, encrypted
and authenticated with AES-GCM. The nonce is derived from the content, so the link of a notification
is the same wherever it is made. It does not expire, because opting out must be possible for as long
as the e-mail is kept. A replaced key moves to `previous` in the secret, so that its links keep
working.
"""

import base64
import hashlib
import hmac
import json
from dataclasses import astuple, dataclass
from typing import Any

from notification_core.domain.delivery import Delivery
from notification_core.runtime.credentials import credentials
from notification_core.runtime.settings import consumer_settings

#: The variable that names the secret: `{"key": "...", "previous": ["...", ...]}`, any strings.
VARIABLE = "UNSUBSCRIBE_SECRET_ID"

NONCE = 12  #: bytes (NIST SP 800-38D)
PURPOSE = b"unsubscribe"


class InvalidToken(Exception):
    """The token was not issued by this deployment, or was changed."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """The subscription that a link ends."""

    user: str
    category: str
    notification_id: str  #: of the e-mail that held the link, kept as evidence


def link_for(delivery: Delivery) -> str | None:
    """Return the link for an e-mail; None if the user cannot opt out of its category.

    Raises:
        Misconfigured: the key cannot be read, and no such e-mail is sent without its link.
    """
    base = consumer_settings().public_url
    if base is None or delivery.category is None or not delivery.unsubscribable:
        return None
    subscription = Subscription(delivery.user, delivery.category, delivery.id)
    return f"{base}/unsubscribe/{seal(subscription)}"


def seal(subscription: Subscription) -> str:
    """Return a subscription's token, in URL-safe characters. Raises Misconfigured."""
    key = _keys()[0]
    payload = json.dumps(astuple(subscription), ensure_ascii=False).encode()
    nonce = hmac.digest(key, PURPOSE + payload, "sha256")[:NONCE]
    sealed = _cipher(key).encrypt(nonce, payload, PURPOSE)
    return base64.urlsafe_b64encode(nonce + sealed).decode().rstrip("=")


def unseal(token: str) -> Subscription:
    """Return the subscription in a token.

    Raises:
        InvalidToken: the token was not issued by this deployment, or was changed.
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
    # Only e-mail with a category needs this library, and only two functions include it.
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

    return AESGCM(key)
