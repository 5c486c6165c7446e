"""The Notification: its attributes, its rules, and the verbs that move it.

A notification never changes; a verb returns the next one, and a store swaps the one for the other
on the condition that nobody else did first.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any, Self

from notifications.domain.clock import to_millisecond
from notifications.domain.content import Content
from notifications.domain.errors import InvalidInput
from notifications.domain.outcome import DeliveryFailed
from notifications.domain.status import FINAL, TRANSITIONS, WAITING, WITHOUT_ATTEMPT, Status

MAX_SCHEDULE_AHEAD = timedelta(days=365)
MAX_RETRIES = 100
MAX_RETRY_TIME_INTERVAL = 7 * 24 * 3600  #: seconds

#: A timeline keeps its first entry and this many of the latest.
TIMELINE_LENGTH = 40
DETAIL_LENGTH = 200  #: characters

#: The timeline's word for a claim; what precedes it tells of earlier attempts.
CLAIMED = "claimed"
#: The timeline's word for a turn that spent no attempt.
POSTPONED = "postponed"
#: The timeline's word for an attempt that nobody can tell the end of.
MAY_HAVE_GONE = "may have gone"


class IllegalTransition(Exception):
    """A status cannot follow another: a fault of ours, never of a caller."""


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of a timeline."""

    at: datetime
    event: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """One consumer's right to send, until the lease lapses."""

    token: str
    lease_until: datetime


@dataclass(frozen=True, slots=True)
class LastError:
    """Why the latest attempt failed; `blame` is an `outcome.Blame`."""

    blame: str
    code: str
    message: str

    @classmethod
    def of(cls, failure: DeliveryFailed) -> Self:
        """Return what is kept of a failure."""
        return cls(failure.blame.value, failure.code[:64], failure.message[:DETAIL_LENGTH])


@dataclass(frozen=True, slots=True)
class Origin:
    """The request that made this notification, when it carried an idempotency key."""

    fingerprint: str  #: of the request's content
    siblings: int  #: how many notifications the request made


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One message to one address. Times are aware, in UTC, to the millisecond.

    Raises:
        ValueError: a rule of the specification is broken: a SCHEDULED notification has an
            attempted delivery, or one of another status has none.
    """

    id: str
    user: str
    target: str  #: the target's id
    target_user_record: str  #: the record's id
    module: str  #: the target's `notification_module_name`: which queue, which handler
    content: Content
    status: Status = Status.SCHEDULED
    scheduled_delivery: datetime
    attempted_delivery: datetime | None = None  #: the latest attempt
    deliver_before: datetime | None = None  #: never sent from then on
    retry_time_interval: int  #: seconds
    retry_attempts: int = 0  #: attempts that failed
    max_retries: int = 3  #: attempts allowed, the first included
    due_at: datetime | None  #: when to look at it next; None when nothing more is owed
    claim: Claim | None = None
    provider_message_id: str | None = None
    last_error: LastError | None = None
    origin: Origin | None = None
    timeline: tuple[Event, ...] = ()
    created_at: datetime
    updated_at: datetime

    def __post_init__(self) -> None:
        if self.status is Status.SCHEDULED and self.attempted_delivery:
            raise ValueError("status cannot be SCHEDULED when there is an attempted delivery")
        if self.status not in WITHOUT_ATTEMPT and not self.attempted_delivery:
            raise ValueError(f"status {self.status} needs an attempted delivery")
        if self.max_retries < 1 or self.retry_time_interval < 1:
            raise ValueError("max_retries and retry_time_interval must be at least 1")
        if (self.claim is not None) != (self.status is Status.SENDING):
            raise ValueError("a claim is held exactly while the status is SENDING")
        if (self.due_at is None) != (self.status in FINAL):
            raise ValueError("a notification is due exactly while it is not final")

    @property
    def is_waiting(self) -> bool:
        """Whether it may still be claimed, cancelled or opted out."""
        return self.status in WAITING

    @property
    def is_final(self) -> bool:
        """Whether nothing more will come of it."""
        return self.status in FINAL

    @property
    def attempt(self) -> int:
        """The number of the attempt under way, or of the next one; 1 for the first."""
        return self.retry_attempts + 1

    @property
    def postponements(self) -> int:
        """How many of the latest turns in a row spent no attempt."""
        turns = [entry.event for entry in self.timeline if entry.event != CLAIMED]
        return len(list(takewhile(lambda event: event == POSTPONED, reversed(turns))))

    def lease_lapsed(self, now: datetime) -> bool:
        """Whether its consumer was never heard of again."""
        return self.claim is not None and self.claim.lease_until < now

    def claimed(self, claim: Claim, now: datetime) -> Self:
        """Hand it to one consumer."""
        return self._become(Status.SENDING, now, CLAIMED, claim=claim, attempted_delivery=now)

    def delivered(self, now: datetime, provider_message_id: str | None) -> Self:
        """End it well."""
        return self._become(
            Status.DELIVERED, now, "delivered", provider_message_id=provider_message_id
        )

    def sent(self, now: datetime, provider_message_id: str | None, look_at: datetime) -> Self:
        """Note that the provider took it; `look_at` is when to ask whether it arrived."""
        return self._become(
            Status.SENT, now, "sent", provider_message_id=provider_message_id, due_at=look_at
        )

    def retried(self, now: datetime, failure: DeliveryFailed, due_at: datetime) -> Self:
        """Put it back for another attempt; this one is spent."""
        return self._back(now, failure, due_at, "retry", retry_attempts=self.attempt)

    def postponed(self, now: datetime, failure: DeliveryFailed, due_at: datetime) -> Self:
        """Put it back with no attempt spent."""
        return self._back(now, failure, due_at, POSTPONED)

    def may_have_gone(self, now: datetime, failure: DeliveryFailed, due_at: datetime) -> Self:
        """Put it back although it may have gone: a duplicate is possible."""
        return self._back(now, failure, due_at, MAY_HAVE_GONE, retry_attempts=self.attempt)

    def failed(self, now: datetime, failure: DeliveryFailed) -> Self:
        """End it: refused for good, or out of attempts."""
        return self._end(Status.DELIVERY_FAILURE, now, failure, retry_attempts=self.attempt)

    def unknown(self, now: datetime, failure: DeliveryFailed) -> Self:
        """End it: no telling whether it went."""
        return self._end(Status.UNKNOWN, now, failure, retry_attempts=self.attempt)

    def inactive_device(self, now: datetime, reason: DeliveryFailed) -> Self:
        """End it: the address is switched off, gone or dead."""
        return self._end(Status.INACTIVE_DEVICE, now, reason, attempted_delivery=now)

    def opted_out(self, now: datetime, reason: str) -> Self:
        """End it: the user said no."""
        return self._become(Status.OPTED_OUT, now, "opted out", reason, **self._unattempted())

    def refused_by_user(self, now: datetime, failure: DeliveryFailed) -> Self:
        """End it: the provider knows that the user said no."""
        return self._end(Status.OPTED_OUT, now, failure)

    def expired(self, now: datetime) -> Self:
        """End it: too late to be of use."""
        return self._become(
            Status.EXPIRED, now, "expired", "deliver_before has passed", **self._unattempted()
        )

    def cancelled(self, now: datetime) -> Self:
        """End it: the caller took it back."""
        return self._become(Status.CANCELLED, now, "cancelled")

    def _unattempted(self) -> dict[str, Any]:
        """The claim at hand led to no attempt: the latest one is the claim before it, if any."""
        if self.status is not Status.SENDING:
            return {}
        claims = [entry.at for entry in self.timeline if entry.event == CLAIMED]
        return {"attempted_delivery": claims[-2] if len(claims) > 1 else None}

    def _back(
        self, now: datetime, failure: DeliveryFailed, due_at: datetime, event: str, **changes: Any
    ) -> Self:
        # The due time tells this turn's messages from the last one's, so it must grow.
        earliest = (self.due_at or now) + timedelta(milliseconds=1)
        return self._become(
            Status.RETRY,
            now,
            event,
            str(failure),
            due_at=max(to_millisecond(due_at), earliest),
            last_error=LastError.of(failure),
            **changes,
        )

    def _end(self, status: Status, now: datetime, failure: DeliveryFailed, **changes: Any) -> Self:
        return self._become(
            status,
            now,
            status.value.lower(),
            str(failure),
            last_error=LastError.of(failure),
            **changes,
        )

    def _become(
        self, status: Status, now: datetime, event: str, detail: str = "", **changes: Any
    ) -> Self:
        if status not in TRANSITIONS[self.status]:
            raise IllegalTransition(f"{self.status} cannot become {status}")
        entry = Event(now, event, detail[:DETAIL_LENGTH])
        changes = {"claim": None, **changes}
        if status in FINAL:
            changes["due_at"] = None
        timeline = (*self._remembered(), entry)
        return replace(self, status=status, updated_at=now, timeline=timeline, **changes)

    def _remembered(self) -> tuple[Event, ...]:
        """The timeline with room for one more entry; a possible duplicate is never forgotten."""
        first, rest = self.timeline[:1], self.timeline[1:]
        old, latest = rest[: 1 - TIMELINE_LENGTH], rest[1 - TIMELINE_LENGTH :]
        return (*first, *(each for each in old if each.event == MAY_HAVE_GONE), *latest)


def check_schedule(
    *, now: datetime, scheduled_delivery: datetime, deliver_before: datetime | None
) -> None:
    """Refuse times that cannot be kept.

    Raises:
        InvalidInput: naming the field.
    """
    if scheduled_delivery > now + MAX_SCHEDULE_AHEAD:
        raise InvalidInput.of("scheduled_delivery", "must be at most one year ahead")
    if deliver_before is not None and deliver_before <= max(scheduled_delivery, now):
        raise InvalidInput.of(
            "deliver_before", "must be after scheduled_delivery and in the future"
        )
