"""The notification and its transitions.

A notification is immutable. A transition returns its next state, and a store replaces the one with
the other on the condition that nobody else has replaced it first.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Self

from notification_core.domain import timeline
from notification_core.domain.claim import Claim
from notification_core.domain.clock import to_millisecond
from notification_core.domain.notification_attributes import NotificationAttributes
from notification_core.domain.outcomes import DeliveryFailed, LastError
from notification_core.domain.status import (
    FAILED,
    FINAL,
    TRANSITIONS,
    Status,
)
from notification_core.domain.timeline import EventKind

MAX_RETRIES = 100
MAX_RETRY_TIME_INTERVAL = 7 * 24 * 3600  #: seconds


class IllegalTransition(Exception):
    """A status cannot follow another: a fault of ours, never of a caller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification(NotificationAttributes):
    """A notification and the transitions between its statuses.

    Each method returns the next state and raises IllegalTransition where `status.TRANSITIONS` does
    not allow it.
    """

    def claimed(self, claim: Claim, now: datetime) -> Self:
        """Hand it to one consumer."""
        return self._become(
            Status.SENDING, now, EventKind.CLAIMED, claim=claim, attempted_delivery=now
        )

    def delivered(self, now: datetime, provider_message_id: str | None, note: str = "") -> Self:
        """End it well."""
        known = provider_message_id or self.provider_message_id
        return self._become(
            Status.DELIVERED,
            now,
            EventKind.DELIVERED,
            note,
            provider_message_id=known,
            **self._resolved(),
        )

    def sent(
        self,
        now: datetime,
        provider_message_id: str | None,
        poll_at: datetime | None,
        note: str = "",
        *,
        awaited_until: datetime | None = None,
    ) -> Self:
        """Note that the provider took it; `poll_at` is when to ask whether it arrived.

        With None it leaves the due index at once: its provider is expected to tell by itself, until
        `awaited_until`, and the end of that wait is not written down.
        """
        changes: dict[str, Any] = {
            "provider_message_id": provider_message_id,
            "due_at": None if poll_at is None else self._later(poll_at),
            "awaited_until": awaited_until,
        }
        changes |= self._resolved()
        return self._become(Status.SENT, now, EventKind.SENT, note, **changes)

    def poll_rescheduled(self, now: datetime, poll_at: datetime) -> Self:
        """Note that there is no news yet; `poll_at` is when to ask again."""
        return replace(self, due_at=self._later(poll_at), updated_at=now)

    def unconfirmed(self, now: datetime) -> Self:
        """Give up waiting: it was sent, and nobody will say whether it arrived."""
        detail = "the provider never said whether it was delivered"
        return replace(self, due_at=None).noted(now, EventKind.UNCONFIRMED, detail)

    def noted(self, now: datetime, event: EventKind, detail: str, code: str = "") -> Self:
        """Add to the timeline what changes nothing else, but for `updated_at`, which grows.

        A store tells by that whether somebody else has added something meanwhile.
        """
        entries = timeline.with_entry(self.timeline, now, event, detail, code)
        updated_at = max(now, self.updated_at + timedelta(milliseconds=1))
        return replace(self, updated_at=updated_at, timeline=entries)

    def retried(self, now: datetime, failure: DeliveryFailed, due_at: datetime) -> Self:
        """Put it back for another attempt; this one is spent."""
        return self._back(now, failure, due_at, EventKind.RETRY, retry_attempts=self.attempt)

    def postponed(self, now: datetime, failure: DeliveryFailed, due_at: datetime) -> Self:
        """Put it back with no attempt spent."""
        return self._back(now, failure, due_at, EventKind.POSTPONED)

    def probed(self, now: datetime, failure: DeliveryFailed, due_at: datetime) -> Self:
        """Put it back with no attempt spent: its target is paused, and was tried with it."""
        return self._back(now, failure, due_at, EventKind.PROBED)

    def possibly_sent(self, now: datetime, failure: DeliveryFailed, due_at: datetime) -> Self:
        """Put it back although it may have gone: a duplicate is possible."""
        return self._back(
            now, failure, due_at, EventKind.POSSIBLY_SENT, retry_attempts=self.attempt
        )

    def failed(self, now: datetime, failure: DeliveryFailed) -> Self:
        """End it: refused for good, or out of attempts."""
        return self._end(Status.DELIVERY_FAILURE, now, failure, retry_attempts=self._spent())

    def unknown(self, now: datetime, failure: DeliveryFailed) -> Self:
        """End it: no telling whether it went."""
        return self._end(Status.UNKNOWN, now, failure, retry_attempts=self._spent())

    def inactive_device(self, now: datetime, reason: DeliveryFailed) -> Self:
        """End it: the address is switched off, gone or dead."""
        return self._end(Status.INACTIVE_DEVICE, now, reason, attempted_delivery=now)

    def opted_out(self, now: datetime, reason: str) -> Self:
        """End it: the user said no."""
        return self._become(
            Status.OPTED_OUT, now, EventKind.OPTED_OUT, reason, **self._unattempted()
        )

    def refused_by_user(self, now: datetime, failure: DeliveryFailed) -> Self:
        """End it: the provider knows that the user said no."""
        return self._end(Status.OPTED_OUT, now, failure)

    def dead_lettered(self, now: datetime, failure: DeliveryFailed) -> Self:
        """End one that waits: its message was handed over in vain until it was given up.

        What the last attempt failed on stays known.
        """
        known: dict[str, Any] = {
            "attempted_delivery": self.attempted_delivery or now,
            "last_error": self.last_error or LastError.of(failure),
        }
        said = (EventKind.DEAD_LETTER, failure.message, failure.code)
        return self._become(Status.DELIVERY_FAILURE, now, *said, **known)

    def redriven(self, now: datetime, due_at: datetime, attempts: int, note: str) -> Self:
        """Try again what failed, with so many attempts more.

        One that may have gone is marked so again: a duplicate is possible.
        """
        event = EventKind.POSSIBLY_SENT if self.possibly_sent_before else EventKind.REDRIVEN
        allowed = self.retry_attempts + attempts
        due_at = to_millisecond(due_at)
        return self._become(Status.RETRY, now, event, note, due_at=due_at, max_retries=allowed)

    def expired(self, now: datetime) -> Self:
        """End it: too late to be of use."""
        return self._become(
            Status.EXPIRED,
            now,
            EventKind.EXPIRED,
            "deliver_before has passed",
            **self._unattempted(),
        )

    def cancelled(self, now: datetime) -> Self:
        """End it: the caller took it back."""
        return self._become(Status.CANCELLED, now, EventKind.CANCELLED)

    def _unattempted(self) -> dict[str, Any]:
        """The claim at hand led to no attempt: the latest one is the claim before it, if any."""
        if self.status is not Status.SENDING:
            return {}
        claims = timeline.claims(self.timeline)
        return {"attempted_delivery": claims[-2] if len(claims) > 1 else None}

    def _spent(self) -> int:
        """The attempts that failed, this one included; an UNKNOWN has counted it already."""
        return self.retry_attempts if self.status is Status.UNKNOWN else self.attempt

    def _back(
        self,
        now: datetime,
        failure: DeliveryFailed,
        due_at: datetime,
        event: EventKind,
        **changes: Any,
    ) -> Self:
        # A SENT one's due time is only its look's: what failed does not wait for that.
        sent = self.status is Status.SENT
        changes["due_at"] = to_millisecond(due_at) if sent else self._later(due_at)
        changes["last_error"] = LastError.of(failure)
        return self._become(Status.RETRY, now, event, failure.message, failure.code, **changes)

    def _later(self, due_at: datetime) -> datetime:
        """The due time tells this turn's messages from the last one's, so it must grow."""
        earliest = (self.due_at or due_at) + timedelta(milliseconds=1)
        return max(to_millisecond(due_at), earliest)

    def _resolved(self) -> dict[str, Any]:
        """An attempt that was counted as failed has gone after all, the provider says."""
        failed = self.status in {Status.RETRY, *FAILED} and timeline.is_counted(self.timeline)
        counted = failed or self.status is Status.UNKNOWN  # whatever was noted since
        return {"retry_attempts": max(self.retry_attempts - 1, 0)} if counted else {}

    def _end(self, status: Status, now: datetime, failure: DeliveryFailed, **changes: Any) -> Self:
        changes["last_error"] = LastError.of(failure)
        event = EventKind[status.name]
        return self._become(status, now, event, failure.message, failure.code, **changes)

    def _become(
        self,
        status: Status,
        now: datetime,
        event: EventKind,
        detail: str = "",
        code: str = "",
        **changes: Any,
    ) -> Self:
        if status not in TRANSITIONS[self.status]:
            raise IllegalTransition(f"{self.status} cannot become {status}")
        changes = {"claim": None, "awaited_until": None, **changes}
        if status in FINAL:
            changes["due_at"] = None
        entries = timeline.with_entry(self.timeline, now, event, detail, code)
        return replace(self, status=status, updated_at=now, timeline=entries, **changes)
