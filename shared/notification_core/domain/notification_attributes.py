"""The attributes of a notification, the rules that bind them, and what can be read from them."""

from dataclasses import dataclass
from datetime import datetime

from notification_core.domain import timeline
from notification_core.domain.claim import Claim, Origin
from notification_core.domain.content import Content
from notification_core.domain.outcomes import LastError
from notification_core.domain.status import (
    FINAL,
    WAITING,
    WITHOUT_ATTEMPT,
    ConfirmationState,
    Status,
)
from notification_core.domain.timeline import Timeline


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationAttributes:
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
    category: str | None = None  #: what it is about, for opt-outs that name it
    content: Content
    status: Status = Status.SCHEDULED
    scheduled_delivery: datetime
    attempted_delivery: datetime | None = None  #: the latest attempt
    deliver_before: datetime | None = None  #: never sent from then on
    retry_time_interval: int  #: seconds
    retry_attempts: int = 0  #: attempts that failed
    max_retries: int = 3  #: attempts allowed, the first included
    due_at: datetime | None  #: when to look at it next; None when nothing more is owed
    #: Of SENT: when a confirmation is expected no longer, without a write that says so.
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
            raise ValueError("only what is SENT is awaited")

    @property
    def is_waiting(self) -> bool:
        """Whether it may still be claimed, cancelled or opted out."""
        return self.status in WAITING

    @property
    def is_final(self) -> bool:
        """Whether nothing more is owed to it: it may only change by what a provider says."""
        return self.due_at is None

    @property
    def attempt(self) -> int:
        """The number of the attempt under way, or of the next one; 1 for the first."""
        return self.retry_attempts + 1

    def confirmation(self, now: datetime) -> ConfirmationState | None:
        """What is known of its delivery; None where no provider took it for later confirmation."""
        if self.status is Status.SENT:
            return ConfirmationState.AWAITED if self.is_awaited(now) else ConfirmationState.NONE
        ended = self.status in {Status.DELIVERED, Status.DELIVERY_FAILURE, Status.INACTIVE_DEVICE}
        return ConfirmationState.RECEIVED if ended and timeline.sends(self.timeline) else None

    def is_awaited(self, now: datetime) -> bool:
        """Whether it is SENT, and its provider is asked or expected to say what became of it."""
        expected = self.awaited_until is not None and now < self.awaited_until
        return self.status is Status.SENT and (self.due_at is not None or expected)

    @property
    def possibly_sent_at(self) -> datetime | None:
        """When the latest attempt began, if there is no telling whether it went."""
        if self.status not in {Status.RETRY, Status.UNKNOWN, Status.SENDING}:
            return None
        return timeline.uncertain_since(self.timeline)

    @property
    def possibly_sent_before(self) -> bool:
        """Whether a recipient may have it, although it failed."""
        return self.status is Status.UNKNOWN or timeline.is_uncertain(self.timeline)

    def lease_lapsed(self, now: datetime) -> bool:
        """Whether its consumer was never heard of again."""
        return self.claim is not None and self.claim.lease_until < now
