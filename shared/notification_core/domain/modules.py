"""A deployed handler: what its folder says of it, and whether it is paused."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from notification_core.domain.addresses import MAX_ADDRESS, check_text
from notification_core.domain.consent import StopScope
from notification_core.domain.error_table import ErrorTable
from notification_core.domain.errors import InvalidInput


class Channel(StrEnum):
    """By what kind of message a module reaches people."""

    EMAIL = "email"
    SMS = "sms"  #: text messages, pictures included
    PUSH = "push"


class Precision(StrEnum):
    """How close to its time a notification is sent. Never before it."""

    SECOND = "second"  #: its message comes up to a second late, and no function waits for it
    EXACT = "exact"  #: its message comes early, and a function waits for the moment, which costs


class PausedBy(StrEnum):
    """Who paused a module, and with that who resumes it."""

    FAULT = "fault"  #: the provider refuses us; a probe that it takes resumes it
    #: recipients' servers refuse our sender, as delivery reports say; only a person resumes it,
    #: because the provider takes a probe all the same
    REPORTS = "reports"
    PERSON = "person"  #: over the API; only a person resumes it


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Why nothing is sent through a module."""

    by: PausedBy
    reason: str
    code: str = ""  #: the provider's, of a fault or of reports
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """How a module learns whether what a provider took was delivered."""

    poll_after: int | None  #: seconds until the provider is first asked; None: it tells by itself
    give_up_after: int  #: seconds until nothing more is expected

    def __post_init__(self) -> None:
        if self.give_up_after < 1 or (self.poll_after is not None and self.poll_after < 1):
            raise ValueError("poll_after and give_up_after must be at least 1")

    def end(self, sent_at: datetime) -> datetime:
        """Return when nothing more is expected of what was sent then."""
        return sent_at + timedelta(seconds=self.give_up_after)

    def first_poll(self, sent_at: datetime) -> datetime | None:
        """Return when to look at what was sent then; None where the provider tells by itself."""
        return None if self.poll_after is None else self.next_poll(sent_at, sent_at)

    def next_poll(self, sent_at: datetime, now: datetime) -> datetime | None:
        """Return when to look (again); None when it is time to give up.

        Each look is twice as long after the sending as the one before.
        """
        end = self.end(sent_at)
        if now >= end:
            return None
        if self.poll_after is None:
            return end
        look = sent_at + timedelta(seconds=self.poll_after)
        while look <= now:
            look = sent_at + 2 * (look - sent_at)
        return min(look, end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A deployed handler, as its `target.json` and `errors.json` describe it.

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
    channel: str | None = None  #: one of `Channel`; None: of another kind
    stop_scope: str = StopScope.TARGETS  #: one of `StopScope`: what a STOP to it covers
    on_unknown: str = "at_least_once"  #: or "at_most_once": what an ambiguous end leads to
    retry_time_interval: int = 60  #: seconds, when the caller names none
    backoff_rate: float = 2.0  #: each wait is this many times the one before; 1 keeps it constant
    precision: str = Precision.SECOND  #: one of `Precision`: how close to its time one is sent
    max_per_second: float | None = None  #: sends a second over all containers; None: unpaced
    max_strikes: int = 5  #: soft failures in a row that switch a record off
    confirmation: Confirmation | None = None  #: None: what a provider takes counts as delivered
    errors: ErrorTable = field(default_factory=ErrorTable)
    #: JSON Schema of the module's secret, by which `notify doctor` checks it; empty: any object.
    secret_schema: Mapping[str, Any] = field(default_factory=dict)
    mandatory_categories: frozenset[str] = frozenset()  #: that no opt-out holds back
    pause: Pause | None = None  #: not dispatched, and its consumer drops what it is handed

    def __post_init__(self) -> None:
        re.compile(self.address_pattern)
        if self.on_unknown not in {"at_least_once", "at_most_once"}:
            raise ValueError(f"on_unknown is {self.on_unknown!r}: at_least_once or at_most_once")
        if self.channel not in (None, *Channel):
            raise ValueError(f"channel is {self.channel!r}: {', '.join(Channel)}, or leave it out")
        if self.stop_scope not in (*StopScope,):
            raise ValueError(f"stop_scope is {self.stop_scope!r}: one of {', '.join(StopScope)}")
        if self.stop_scope != StopScope.TARGETS and self.channel != Channel.SMS:
            raise ValueError("stop_scope is only for a module whose channel is sms: remove it")
        if self.precision not in (*Precision,):
            raise ValueError(f"precision is {self.precision!r}: {' or '.join(Precision)}")
        if min(self.retry_time_interval, self.backoff_rate, self.max_strikes) < 1:
            raise ValueError("retry_time_interval, backoff_rate, max_strikes must be at least 1")
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

    def is_mandatory(self, category: str | None) -> bool:
        """Whether a notification of this category goes whatever its user opted out of."""
        return category is not None and category in self.mandatory_categories
