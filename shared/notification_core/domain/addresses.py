"""Targets, and users' addresses in them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from notification_core.domain.errors import InvalidInput, UnknownTarget
from notification_core.domain.failures import DeliveryFailed

MAX_USER = 128  #: characters
MAX_ID = 64  #: characters
MAX_NAME = 128  #: characters of a target's name
MAX_ADDRESS = 2048  #: characters
MAX_DESCRIPTION = 1024  #: characters
MAX_REASON = 200  #: characters

#: A phone number as people write it.
_PHONE_NUMBER = re.compile(r"\+?[\d\s()./-]+", re.ASCII)


def is_id(text: str) -> bool:
    """Whether a text may be an id; a store would reject any other text."""
    return 0 < len(text) <= MAX_ID and text.isascii()


def check_text(name: str, value: str, limit: int) -> None:
    """Check that a text is neither empty nor too long.

    Raises:
        InvalidInput: it names the field, the limit and the size.
    """
    if not value.strip():
        raise InvalidInput.of(name, "must not be empty")
    if len(value) > limit:
        raise InvalidInput.of(name, f"must be at most {limit} characters, not {len(value)}")


def normalised_address(address: str) -> str:
    """Return the form in which addresses are compared: no spaces around it, no upper case."""
    return address.strip().casefold()


def spellings(address: str) -> list[str]:
    """Return the forms in which an address may be registered: as given, and normalised.

    A phone number is also returned without spaces and punctuation, and with a plus sign, which a
    query that is not percent-encoded turns into a space.
    """
    forms = [address, address.strip(), normalised_address(address)]
    digits = re.sub(r"[^0-9]", "", address)
    if digits and _PHONE_NUMBER.fullmatch(address.strip()):
        forms += [digits, f"+{digits}", f"+{digits.removeprefix('00')}"]
    return list(dict.fromkeys(forms))


def user_of_address(address: str) -> str:
    """Return the user id of a recipient who is named by an address only.

    This is an e-mail address in lower case, a phone number with its plus sign and without spaces
    and punctuation, and any other address as it is, because a push token distinguishes upper and
    lower case and another address may differ only in punctuation.
    """
    stripped = address.strip()
    if stripped.startswith("+") and _PHONE_NUMBER.fullmatch(stripped):
        return re.sub(r"[^+0-9]", "", stripped)
    return normalised_address(stripped) if "@" in stripped else stripped


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """NotificationTarget: a channel or service that can receive notifications."""

    id: str
    name: str  #: unique and readable
    notification_module_name: str
    created_at: datetime
    updated_at: datetime

    def __post_init__(self) -> None:
        check_text("name", self.name, MAX_NAME)


def find_target(targets: Iterable[Target], name_or_id: str) -> Target:
    """Find a target by its name or its id.

    Raises:
        UnknownTarget: there is no such target.
    """
    for target in targets:
        if name_or_id in (target.id, target.name):
            return target
    raise UnknownTarget(f"there is no target named {name_or_id!r}")


@dataclass(frozen=True, slots=True)
class Deactivation:
    """Why and when a record was deactivated because of a provider's error about its address."""

    reason: str
    code: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetUserRecord:
    """A user's address in a target. Unique on (user, target, target_user_id)."""

    id: str
    user: str
    target: str  #: the target's id
    target_user_id: str  #: the address
    description: str = ""
    active: bool = True
    deactivation: Deactivation | None = None  #: set while a provider's error keeps it inactive
    strikes: int = 0  #: notifications in a row that failed softly
    created_at: datetime
    updated_at: datetime

    def __post_init__(self) -> None:
        check_text("user", self.user, MAX_USER)
        if len(self.description) > MAX_DESCRIPTION:
            size = len(self.description)
            message = f"must be at most {MAX_DESCRIPTION} characters, not {size}"
            raise InvalidInput.of("description", message)

    def deactivated(self, failure: DeliveryFailed, now: datetime) -> Self:
        """Deactivate the record, because its address is invalid."""
        reason = failure.message[:MAX_REASON] or "the provider reports that the address is invalid"
        deactivation = Deactivation(reason, failure.code, now)
        return replace(self, active=False, deactivation=deactivation, updated_at=now)

    def struck(self, failure: DeliveryFailed, limit: int, now: datetime) -> Self:
        """Add a strike for a soft failure, and deactivate the record at the limit."""
        strikes = self.strikes + 1
        struck = replace(self, strikes=strikes, updated_at=now)
        if strikes < limit or not self.active:
            return struck
        deactivation = Deactivation(f"{strikes} soft failures in a row", failure.code, now)
        return replace(struck, active=False, deactivation=deactivation)

    def cleared(self, now: datetime) -> Self:
        """Reset the strikes and remove the deactivation."""
        return replace(self, strikes=0, deactivation=None, updated_at=now)


@dataclass(frozen=True, slots=True)
class Address:
    """The unique key of a target user record."""

    user: str
    target: str
    target_user_id: str

    @classmethod
    def of(cls, record: TargetUserRecord) -> Self:
        """Return the address of a record."""
        return cls(record.user, record.target, record.target_user_id)
