"""The notification and its transitions.

A notification is immutable. A transition returns the next state, and a store replaces the current
state with it on the condition that no other process has replaced it first.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Self

from notification_core.domain import timeline
from notification_core.domain.claim import Claim
from notification_core.domain.clock import to_millisecond
from notification_core.domain.failures import DeliveryFailed, LastError
from notification_core.domain.notification_attributes import NotificationAttributes
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
    """The new status cannot follow the current one. This is a bug, not a caller's error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification(NotificationAttributes):
    """A notification and the transitions between its statuses.

    Each method returns the next state and raises IllegalTransition where `status.TRANSITIONS` does
    not allow it.
    """

    def claimed(self, claim: Claim, now: datetime) -> Self:
        """Assign the notification to one consumer."""
        return self._become(
            Status.SENDING, now, EventKind.CLAIMED, claim=claim, attempted_delivery=now
        )

    def delivered(self, now: datetime, provider_message_id: str | None, note: str = "") -> Self:
        """Mark the notification as delivered."""
        message_id = provider_message_id or self.provider_message_id
        return self._become(
            Status.DELIVERED,
            now,
            EventKind.DELIVERED,
            note,
            provider_message_id=message_id,
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
        """Mark the notification as accepted by the provider.

        `poll_at` is when to ask the provider whether the message arrived. When it is None, the
        notification leaves the due index at once: the provider is expected to report by itself
        until `awaited_until`, and the end of that wait is not stored.
        """
        changes: dict[str, Any] = {
            "provider_message_id": provider_message_id,
            "due_at": None if poll_at is None else self._later(poll_at),
            "awaited_until": awaited_until,
        }
        changes |= self._resolved()
        return self._become(Status.SENT, now, EventKind.SENT, note, **changes)

    def poll_rescheduled(self, now: datetime, poll_at: datetime) -> Self:
        """Record that the provider has no report yet; `poll_at` is when to ask again."""
        return replace(self, due_at=self._later(poll_at), updated_at=now)

    def unconfirmed(self, now: datetime) -> Self:
        """Stop waiting for a confirmation: the message was sent, and its delivery is unknown."""
        detail = "the provider never said whether it was delivered"
        return replace(self, due_at=None).noted(now, EventKind.UNCONFIRMED, detail)

    def noted(
        self, now: datetime, event: EventKind, detail: str, code: str = "", by: str = ""
    ) -> Self:
        """Add an event to the timeline and change nothing else but `updated_at`, which grows.

        A store compares `updated_at` to detect that another process has added an event meanwhile.
        """
        entries = timeline.with_entry(self.timeline, now, event, detail, code, by)
        updated_at = max(now, self.updated_at + timedelta(milliseconds=1))
        return replace(self, updated_at=updated_at, timeline=entries)

    def changed(self, now: datetime, names: Iterable[str], by: str = "", **values: Any) -> Self:
        """Apply somebody's change to a waiting notification; `names` are the changed fields."""
        if not self.is_waiting:
            raise IllegalTransition(f"a notification that is {self.status} cannot be changed")
        noted = self.noted(now, EventKind.CHANGED, ", ".join(names), by=by)
        return replace(noted, **values)

    def retried(self, now: datetime, failure: DeliveryFailed, due_at: datetime) -> Self:
        """Schedule another attempt; the current attempt counts."""
        return self._back(now, failure, due_at, EventKind.RETRY, retry_attempts=self.attempt)

    def postponed(self, now: datetime, failure: DeliveryFailed, due_at: datetime) -> Self:
        """Schedule another attempt without counting the current one."""
        return self._back(now, failure, due_at, EventKind.POSTPONED)

    def probed(self, now: datetime, failure: DeliveryFailed, due_at: datetime) -> Self:
        """Schedule another attempt without counting the current one, a probe of a paused target."""
        return self._back(now, failure, due_at, EventKind.PROBED)

    def possibly_sent(self, now: datetime, failure: DeliveryFailed, due_at: datetime) -> Self:
        """Schedule another attempt although the message may have been sent.

        A duplicate is possible.
        """
        return self._back(
            now, failure, due_at, EventKind.POSSIBLY_SENT, retry_attempts=self.attempt
        )

    def failed(self, now: datetime, failure: DeliveryFailed) -> Self:
        """End the notification: permanently rejected, or out of attempts."""
        return self._end(Status.DELIVERY_FAILURE, now, failure, retry_attempts=self._spent())

    def unknown(self, now: datetime, failure: DeliveryFailed) -> Self:
        """End the notification: it is unknown whether the message was sent."""
        return self._end(Status.UNKNOWN, now, failure, retry_attempts=self._spent())

    def inactive_device(self, now: datetime, reason: DeliveryFailed) -> Self:
        """End the notification: the address is inactive, deleted or invalid."""
        return self._end(Status.INACTIVE_DEVICE, now, reason, attempted_delivery=now)

    def opted_out(self, now: datetime, reason: str) -> Self:
        """End the notification: the user has opted out."""
        return self._become(
            Status.OPTED_OUT, now, EventKind.OPTED_OUT, reason, **self._unattempted()
        )

    def refused_by_user(self, now: datetime, failure: DeliveryFailed) -> Self:
        """End the notification: the provider reports that the user has opted out."""
        return self._end(Status.OPTED_OUT, now, failure)

    def dead_lettered(self, now: datetime, failure: DeliveryFailed) -> Self:
        """End a waiting notification whose queue message ended in the dead-letter queue.

        The error of the last attempt is kept.
        """
        changes: dict[str, Any] = {
            "attempted_delivery": self.attempted_delivery or now,
            "last_error": self.last_error or LastError.of(failure),
        }
        event = (EventKind.DEAD_LETTER, failure.message, failure.code)
        return self._become(Status.DELIVERY_FAILURE, now, *event, **changes)

    def redriven(
        self, now: datetime, due_at: datetime, attempts: int, note: str, by: str = ""
    ) -> Self:
        """Retry a failed notification, with `attempts` more attempts.

        A notification that may have been sent is marked as such again: a duplicate is possible.
        """
        event = EventKind.POSSIBLY_SENT if self.possibly_sent_before else EventKind.REDRIVEN
        allowed = self.retry_attempts + attempts
        due_at = to_millisecond(due_at)
        changes: dict[str, Any] = {"due_at": due_at, "max_retries": allowed}
        return self._become(Status.RETRY, now, event, note, by=by, **changes)

    def expired(self, now: datetime) -> Self:
        """End the notification: `deliver_before` has passed."""
        return self._become(
            Status.EXPIRED,
            now,
            EventKind.EXPIRED,
            "deliver_before has passed",
            **self._unattempted(),
        )

    def cancelled(self, now: datetime, by: str = "") -> Self:
        """End the notification: somebody has cancelled it."""
        return self._become(Status.CANCELLED, now, EventKind.CANCELLED, by=by)

    def _unattempted(self) -> dict[str, Any]:
        """The current claim led to no attempt: the latest attempt is the previous claim, if any."""
        if self.status is not Status.SENDING:
            return {}
        claims = timeline.claims(self.timeline)
        return {"attempted_delivery": claims[-2] if len(claims) > 1 else None}

    def _spent(self) -> int:
        """Failed attempts, including this one; status UNKNOWN has already counted it."""
        return self.retry_attempts if self.status is Status.UNKNOWN else self.attempt

    def _back(
        self,
        now: datetime,
        failure: DeliveryFailed,
        due_at: datetime,
        event: EventKind,
        **changes: Any,
    ) -> Self:
        # The due time of a SENT notification is that of its next status poll. A retry does not
        # wait for the poll.
        sent = self.status is Status.SENT
        changes["due_at"] = to_millisecond(due_at) if sent else self._later(due_at)
        changes["last_error"] = LastError.of(failure)
        return self._become(Status.RETRY, now, event, failure.message, failure.code, **changes)

    def _later(self, due_at: datetime) -> datetime:
        """The due time distinguishes new queue messages from earlier ones, so it must grow."""
        earliest = (self.due_at or due_at) + timedelta(milliseconds=1)
        return max(to_millisecond(due_at), earliest)

    def _resolved(self) -> dict[str, Any]:
        """Uncount an attempt that was counted as failed and that the provider reports as sent."""
        failed = self.status in {Status.RETRY, *FAILED} and timeline.is_counted(self.timeline)
        # UNKNOWN has counted the attempt, whatever events were added since.
        counted = failed or self.status is Status.UNKNOWN
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
        by: str = "",
        **changes: Any,
    ) -> Self:
        if status not in TRANSITIONS[self.status]:
            raise IllegalTransition(f"{self.status} cannot become {status}")
        changes = {"claim": None, "awaited_until": None, **changes}
        if status in FINAL:
            changes["due_at"] = None
        entries = timeline.with_entry(self.timeline, now, event, detail, code, by)
        return replace(self, status=status, updated_at=now, timeline=entries, **changes)
