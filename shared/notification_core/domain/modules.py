"""Modules: a deployed handler as its folder describes it, and its pause."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from notification_content.markup import Markup
from notification_core.domain.addresses import MAX_ADDRESS, check_text
from notification_core.domain.consent_scopes import StopScope
from notification_core.domain.deployment import DeploymentSettings
from notification_core.domain.error_table import ErrorTable
from notification_core.domain.errors import InvalidInput


class Channel(StrEnum):
    """The channels that the system knows; a module may have another, a word of its own.

    Content is written for a channel, so that all modules with this channel share it.
    """

    EMAIL = "email"
    SMS = "sms"  #: text messages, including pictures
    PUSH = "push"
    WEBHOOK = "webhook"


#: The name of a channel.
CHANNEL = re.compile(r"[a-z][a-z0-9-]{0,31}")


def is_channel(name: object) -> bool:
    """Whether a name can be that of a channel."""
    return isinstance(name, str) and CHANNEL.fullmatch(name) is not None


class Precision(StrEnum):
    """How close to its due time a notification is sent. It is never sent early."""

    SECOND = "second"  #: the queue message comes up to a second late, and no function waits for it
    EXACT = "exact"  #: the message comes early, and a function waits for the due time, which costs


class OnUnknown(StrEnum):
    """What happens after an attempt with an unknown outcome."""

    AT_LEAST_ONCE = "at_least_once"  #: one more attempt, so that a duplicate is possible
    AT_MOST_ONCE = "at_most_once"  #: no other attempt, so that the message may be lost


class LengthUnit(StrEnum):
    """The part of a message that `max_length` limits."""

    BODY_CHARACTERS = "body_characters"
    PAYLOAD_BYTES = "payload_bytes"  #: title, body and `extra` together, as JSON in UTF-8


class Normalise(StrEnum):
    """The changes to the text of an SMS before it is stored and sent."""

    NONE = "none"
    #: Quotes, dashes, spaces and ellipses become those of GSM-7 if the whole text then fits GSM-7.
    SMART = "smart"


class PausedBy(StrEnum):
    """The cause of a module's pause, which also decides how the pause ends."""

    FAULT = "fault"  #: the provider rejects our requests; a probe that it accepts ends the pause
    #: according to delivery reports, recipients' servers refuse our sender; only a person ends the
    #: pause, because the provider would accept a probe nevertheless
    REPORTS = "reports"
    PERSON = "person"  #: through the API; only a person ends the pause


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """The pause of a module, during which it sends no notifications."""

    by: PausedBy
    reason: str
    code: str = ""  #: the provider's code, for a fault or for reports
    since: datetime
    who: str = ""  #: the person (`domain/attribution.py`); empty if it is not known


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """How a module learns whether a message that the provider accepted was delivered."""

    poll_after: int | None  #: seconds until the first poll; None: the provider reports by itself
    give_up_after: int  #: seconds until no report is expected any more

    def __post_init__(self) -> None:
        if self.give_up_after < 1 or (self.poll_after is not None and self.poll_after < 1):
            raise ValueError("poll_after and give_up_after must be at least 1")

    def end(self, sent_at: datetime) -> datetime:
        """Return until when a report is expected about a message sent at `sent_at`."""
        return sent_at + timedelta(seconds=self.give_up_after)

    def first_poll(self, sent_at: datetime) -> datetime | None:
        """Return when to poll for the first time; None when the provider reports by itself."""
        return None if self.poll_after is None else self.next_poll(sent_at, sent_at)

    def next_poll(self, sent_at: datetime, now: datetime) -> datetime | None:
        """Return when to poll next; None when it is time to stop.

        The time since the send doubles from each poll to the next.
        """
        end = self.end(sent_at)
        if now >= end:
            return None
        if self.poll_after is None:
            return end
        poll_at = sent_at + timedelta(seconds=self.poll_after)
        while poll_at <= now:
            poll_at = sent_at + 2 * (poll_at - sent_at)
        return min(poll_at, end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A deployed handler, as its `target.json` and `errors.json` describe it.

    `name` is the name of the folder under `functions/targets/`, the targets'
    `notification_module_name`, the queue's name and the metrics' dimension.

    Raises:
        ValueError: a value is not allowed; the error names it.
    """

    name: str
    target_name: str  #: the name of its target, which every deployment has
    address_pattern: str  #: a regular expression that the whole address must match
    address_hint: str  #: the format of an address, in words for an error message
    extra_schema: Mapping[str, Any]  #: JSON Schema (2020-12) of a notification's `extra`
    channel: str = ""  #: one of `Channel`, or another word; the module's name if it is empty
    markup: str = Markup.HTML  #: one of `Markup`: whether a body may be HTML
    max_length: int | None = None  #: the longest message that the provider accepts; None: no limit
    max_length_unit: str = LengthUnit.BODY_CHARACTERS  #: one of `LengthUnit`
    normalise: str = Normalise.NONE  #: one of `Normalise`
    stop_scope: str = StopScope.TARGETS  #: one of `StopScope`: the scope of a STOP that it receives
    on_unknown: OnUnknown = OnUnknown.AT_LEAST_ONCE
    retry_time_interval: int = 60  #: seconds, when the caller gives no interval
    backoff_rate: float = 2.0  #: the factor from each wait to the next; 1 keeps it constant
    precision: str = Precision.SECOND  #: one of `Precision`: how close to the due time it sends
    max_per_second: float | None = None  #: sends a second in all containers; None: no rate limit
    max_strikes: int = 5  #: the number of soft failures in a row that deactivates a record
    confirmation: Confirmation | None = None  #: None: an accepted message counts as delivered
    errors: ErrorTable = field(default_factory=ErrorTable)
    #: JSON Schema of the module's secret, which `notify doctor` checks; empty: any object.
    secret_schema: Mapping[str, Any] = field(default_factory=dict)
    mandatory_categories: frozenset[str] = frozenset()  #: the categories that ignore opt-outs
    #: The settings that concern all targets; every module of a deployment has the same.
    deployment: DeploymentSettings = field(default_factory=DeploymentSettings)
    #: While it is set, the dispatcher skips the module and its consumer drops messages.
    pause: Pause | None = None

    def __post_init__(self) -> None:
        re.compile(self.address_pattern)
        if self.on_unknown not in (*OnUnknown,):
            raise ValueError(f"on_unknown is {self.on_unknown!r}: {' or '.join(OnUnknown)}")
        object.__setattr__(self, "on_unknown", OnUnknown(self.on_unknown))  # a manifest has text
        if not self.channel:
            object.__setattr__(self, "channel", self.name)
        elif not is_channel(self.channel) and self.channel != self.name:
            raise ValueError(
                f"channel is {self.channel!r}: {', '.join(Channel)}, or a word of at most 32"
                " lower-case letters, digits and hyphens that begins with a letter"
            )
        if self.precision not in (*Precision,):
            raise ValueError(f"precision is {self.precision!r}: {' or '.join(Precision)}")
        if min(self.retry_time_interval, self.backoff_rate, self.max_strikes) < 1:
            raise ValueError("retry_time_interval, backoff_rate, max_strikes must be at least 1")
        if self.max_per_second is not None and self.max_per_second <= 0:
            raise ValueError("max_per_second must be more than 0, or null")
        self._check_stop_scope()
        self._check_limits_of_content()

    def _check_stop_scope(self) -> None:
        if self.stop_scope not in (*StopScope,):
            raise ValueError(f"stop_scope is {self.stop_scope!r}: one of {', '.join(StopScope)}")
        if self.stop_scope != StopScope.TARGETS and self.channel != Channel.SMS:
            raise ValueError("stop_scope is only for a module whose channel is sms: remove it")

    def _check_limits_of_content(self) -> None:
        if self.markup not in (*Markup,):
            raise ValueError(f"markup is {self.markup!r}: {' or '.join(Markup)}")
        if self.max_length_unit not in (*LengthUnit,):
            units = " or ".join(LengthUnit)
            raise ValueError(f"max_length_unit is {self.max_length_unit!r}: {units}")
        if self.max_length is not None and self.max_length < 1:
            raise ValueError("max_length must be at least 1, or null")
        if self.normalise not in (*Normalise,):
            raise ValueError(f"normalise is {self.normalise!r}: {' or '.join(Normalise)}")
        if self.normalise != Normalise.NONE and self.channel != Channel.SMS:
            raise ValueError("normalise is only for a module whose channel is sms: remove it")

    def check_address(self, address: str) -> None:
        """Check the format of an address.

        Raises:
            InvalidInput: the provider cannot deliver to it. The error names the field
                `target_user_id` and the format of an address.
        """
        check_text("target_user_id", address, MAX_ADDRESS)
        if not re.fullmatch(self.address_pattern, address):
            raise InvalidInput.of("target_user_id", f"must be {self.address_hint}")

    def is_mandatory(self, category: str | None) -> bool:
        """Whether a notification of this category is sent regardless of opt-outs."""
        return category is not None and category in self.mandatory_categories
