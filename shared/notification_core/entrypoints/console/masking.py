"""What a person sees of an address, and of a user id that is one, without unmasking it."""

import re

from notification_core.domain.redaction import shortened

_PHONE_NUMBER = re.compile(r"\+?\d{7,}")


def masked_address(address: str) -> str:
    """Return enough of an address to recognise it."""
    return shortened(address)


def is_address(user: str) -> bool:
    """Whether a user id is an address: a recipient without an id of the application's own."""
    return "@" in user or _PHONE_NUMBER.fullmatch(user) is not None


def masked_user(user: str) -> str:
    """Return a user id; one that is an address is shortened."""
    return shortened(user) if is_address(user) else user
