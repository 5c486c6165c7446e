"""The attributes of a notification, their invariants, and the facts that are derived from them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from notification_content.sms_segments import SmsSegments
from notification_core.domain import timeline
from notification_core.domain.claim import Claim, Origin
from notification_core.domain.content import Content
from notification_core.domain.failures import LastError
from notification_core.domain.status import (
    FINAL,
    WAITING,
    WITHOUT_ATTEMPT,
    ConfirmationState,
    Status,
)
from notification_core.domain.timeline import Timeline

MAX_REFERENCE = 255  #: characters


class SearchIndex(StrEnum):
    """An index of notifications that a deployment can omit."""

    REFERENCE = "reference"
    PROVIDER_ID = "provider_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationAttributes:
    """One message to one address. Times are aware, in UTC, to the millisecond.

    Raises:
        ValueError: an invariant is violated. For example, a SCHEDULED notification has an
            attempted delivery, or a notification in another status has none.
    """

    id: str
    user: str
    target: str  #: the target's id
    target_user_record: str  #: the record's id
    module: str  #: the target's `notification_module_name`, which selects queue and handler
    category: str | None = None  #: the subject, for opt-outs by category
    reference: str | None = None  #: the caller's own label, which need not be unique
    content: Content
    sms: SmsSegments | None = None  #: without culprits; None in other channels
    status: Status = Status.SCHEDULED
    scheduled_delivery: datetime
    attempted_delivery: datetime | None = None  #: the latest attempt
    deliver_before: datetime | None = None  #: never sent at or after this time
    retry_time_interval: int  #: seconds
    retry_attempts: int = 0  #: attempts that failed
    max_retries: int = 3  #: attempts allowed, the first included
    due_at: datetime | None  #: when to process it next; None when no action is due
    #: In status SENT: until when a confirmation is expected. No write marks the end of that wait.
    awaited_until: datetime | None = None
    claim: Claim | None = None
    provider_message_id: str | None = None
    last_error: LastError | None = None
    origin: Origin | None = None
    timeline: Timeline = ()
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
        if self.status is not Status.SENT and (self.due_at is None) != (self.status in FINAL):
            raise ValueError("a notification is due exactly while it is not final")
        if self.awaited_until is not None and self.status is not Status.SENT:
            raise ValueError("only a SENT notification awaits a confirmation")

    @property
    def stored_at(self) -> datetime:
        """When the system stored it; an imported notification was created earlier, elsewhere."""
        imported = (
            entry.at for entry in self.timeline if entry.event == timeline.EventKind.IMPORTED
        )
        return next(imported, self.created_at)

    @property
    def is_imported_history(self) -> bool:
        """Whether it ended in another system, and nothing has happened to it here."""
        return self.status in FINAL and self.timeline[-1].event == timeline.EventKind.IMPORTED

    @property
    def is_waiting(self) -> bool:
        """Whether it may still be claimed, cancelled or opted out."""
        return self.status in WAITING

    @property
    def is_final(self) -> bool:
        """Whether no action is due: only a provider's report can still change it."""
        return self.due_at is None

    @property
    def attempt(self) -> int:
        """The number of the attempt under way, or of the next attempt; 1 for the first."""
        return self.retry_attempts + 1

    def confirmation(self, now: datetime) -> ConfirmationState | None:
        """Return the state of the confirmation; None when no provider will confirm the delivery."""
        if self.status is Status.SENT:
            return ConfirmationState.AWAITED if self.is_awaited(now) else ConfirmationState.NONE
        ended = self.status in {Status.DELIVERED, Status.DELIVERY_FAILURE, Status.INACTIVE_DEVICE}
        return ConfirmationState.RECEIVED if ended and timeline.sends(self.timeline) else None

    def is_awaited(self, now: datetime) -> bool:
        """Whether it is SENT, and its provider is polled or expected to report the outcome."""
        expected = self.awaited_until is not None and now < self.awaited_until
        return self.status is Status.SENT and (self.due_at is not None or expected)

    @property
    def possibly_sent_at(self) -> datetime | None:
        """When the latest attempt with an unknown outcome began, if there is one."""
        if self.status not in {Status.RETRY, Status.UNKNOWN, Status.SENDING}:
            return None
        return timeline.uncertain_since(self.timeline)

    @property
    def possibly_sent_before(self) -> bool:
        """Whether the recipient may have received it, although it failed."""
        return self.status is Status.UNKNOWN or timeline.is_uncertain(self.timeline)

    def lease_lapsed(self, now: datetime) -> bool:
        """Whether the lease of its consumer has lapsed without an outcome."""
        return self.claim is not None and self.claim.lease_until < now
