"""What a person sees of an address, and of a user id that is one, without unmasking it."""

import re

from notification_core.domain.redaction import shortened

#: An e-mail address, a phone number, a push token in brackets, or a URL: the forms of addresses
#: that are the ids of recipients without another (`user_of_address`).
_ADDRESS = re.compile(r".*@.*|\+?\d{7,}|\+[\d\s()./-]{7,}|\w+\[.*\]|[a-z]+://.*", re.DOTALL)


def masked_address(address: str) -> str:
    """Return enough of an address to recognise it."""
    return shortened(address)


def is_address(user: str) -> bool:
    """Whether a user id is an address: a recipient without an id of the application's own."""
    return _ADDRESS.fullmatch(user) is not None


def masked_user(user: str) -> str:
    """Return a user id; one that is an address is shortened."""
    return shortened(user) if is_address(user) else user
