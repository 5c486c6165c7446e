"""The CSRF token of a session, as pages contain it and forms send it back.

API Gateway compresses the pages. The length of a compressed page tells whether a text that somebody
else has put into it, such as a search, resembles a secret of the page (the attack BREACH). So each
page has another text for the same token.
"""

import base64
import binascii
import hmac
import secrets


def masked(token: str) -> str:
    """Return another text each time, from which `is_masked` recognises the token."""
    secret = token.encode()
    mask = secrets.token_bytes(len(secret))
    return base64.urlsafe_b64encode(mask + _xor(secret, mask)).decode()


def is_masked(text: str, token: str) -> bool:
    """Whether a text that a form has sent is the token, masked."""
    try:
        given = base64.b64decode(text.encode(), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return False
    mask, rest = given[: len(given) // 2], given[len(given) // 2 :]
    return len(mask) == len(rest) and hmac.compare_digest(_xor(mask, rest), token.encode())


def _xor(first: bytes, second: bytes) -> bytes:
    return bytes(one ^ other for one, other in zip(first, second, strict=True))
