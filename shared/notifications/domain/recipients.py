"""Who receives, and where: targets, the modules behind them, users' addresses, opt-outs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from notifications.domain.errors import InvalidInput

MAX_USER = 128  #: characters
MAX_ID = 64  #: characters
MAX_NAME = 128  #: characters, of a target
MAX_ADDRESS = 2048  #: characters
MAX_DESCRIPTION = 1024  #: characters


def is_id(text: str) -> bool:
    """Whether this may be the id of anything here: what a store would choke on is not."""
    return 0 < len(text) <= MAX_ID and text.isascii()


def check_text(name: str, value: str, limit: int) -> None:
    """Refuse an empty or an over-long text.

    Raises:
        InvalidInput: naming the field, the limit and the size.
    """
    if not value.strip():
        raise InvalidInput.of(name, "must not be empty")
    if len(value) > limit:
        raise InvalidInput.of(name, f"must be at most {limit} characters, not {len(value)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A deployed handler, as its `target.json` describes it.

    `name` is at once the folder under `functions/targets/`, the targets'
    `notification_module_name`, the queue's name and the metrics' dimension.

    Raises:
        ValueError: a value makes no sense; names it.
    """

    name: str
    target_name: str  #: the target that every deployment has for it
    address_pattern: str  #: a regular expression the whole address must match
    address_hint: str  #: what an address looks like, in words for an error message
    extra_schema: Mapping[str, Any]  #: JSON Schema (2020-12) of a notification's `extra`
    on_unknown: str = "at_least_once"  #: or "at_most_once": what an ambiguous end leads to
    retry_time_interval: int = 60  #: seconds, when the caller names none
    backoff_rate: float = 2.0  #: each wait is this many times the one before; 1 keeps it constant
    max_per_second: float | None = None  #: sends a second over all containers; None: unpaced
    paused: bool = False  #: not dispatched, and its consumer drops what it is handed

    def __post_init__(self) -> None:
        re.compile(self.address_pattern)
        if self.on_unknown not in {"at_least_once", "at_most_once"}:
            raise ValueError(f"on_unknown is {self.on_unknown!r}: at_least_once or at_most_once")
        if self.retry_time_interval < 1 or self.backoff_rate < 1:
            raise ValueError("retry_time_interval and backoff_rate must be at least 1")
        if self.max_per_second is not None and self.max_per_second <= 0:
            raise ValueError("max_per_second must be more than 0, or null")

    def check_address(self, address: str) -> None:
        """Refuse an address that the provider cannot deliver to.

        Raises:
            InvalidInput: `target_user_id`, with what an address of this module looks like.
        """
        check_text("target_user_id", address, MAX_ADDRESS)
        if not re.fullmatch(self.address_pattern, address):
            raise InvalidInput.of("target_user_id", f"must be {self.address_hint}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """NotificationTarget: something that can receive a notification."""

    id: str
    name: str  #: unique, human friendly
    notification_module_name: str
    created_at: datetime
    updated_at: datetime

    def __post_init__(self) -> None:
        check_text("name", self.name, MAX_NAME)


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetUserRecord:
    """A user's address in a target. Unique on (user, target, target_user_id)."""

    id: str
    user: str
    target: str  #: the target's id
    target_user_id: str  #: the address
    description: str = ""
    active: bool = True
    created_at: datetime
    updated_at: datetime

    def __post_init__(self) -> None:
        check_text("user", self.user, MAX_USER)
        if len(self.description) > MAX_DESCRIPTION:
            size = len(self.description)
            message = f"must be at most {MAX_DESCRIPTION} characters, not {size}"
            raise InvalidInput.of("description", message)


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOut:
    """NotificationOptOut: while it is active, nothing is sent to this user."""

    user: str
    active: bool
    created_at: datetime
    updated_at: datetime

    def __post_init__(self) -> None:
        check_text("user", self.user, MAX_USER)


@dataclass(frozen=True, slots=True)
class Address:
    """What makes a target user record unique."""

    user: str
    target: str
    target_user_id: str

    @classmethod
    def of(cls, record: TargetUserRecord) -> Self:
        """Return the address that this record holds."""
        return cls(record.user, record.target, record.target_user_id)
