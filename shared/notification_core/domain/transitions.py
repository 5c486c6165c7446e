"""Conditional changes of stored items, and the reasons for which a store rejects them."""

from dataclasses import dataclass
from operator import attrgetter

from notification_core.domain.addresses import TargetUserRecord
from notification_core.domain.delivery import Complained
from notification_core.domain.failures import DeliveryFailed
from notification_core.domain.notification import Notification
from notification_core.domain.polls import Poll
from notification_core.domain.timeline import EventKind


class Conflict(Exception):
    """Another process has changed an item between the read and the write."""


class RecordChanged(Conflict):
    """The record has changed since it was read; read it again and repeat the decision."""


@dataclass(frozen=True, slots=True)
class RecordChange:
    """One target user record before and after a change, such as a deactivation or a strike."""

    before: TargetUserRecord
    after: TargetUserRecord


#: What a caller's change may alter.
_DECIDED = attrgetter(
    "content",
    "sms",
    "category",
    "scheduled_delivery",
    "deliver_before",
    "due_at",
    "max_retries",
)


@dataclass(frozen=True, slots=True)
class Transition:
    """One notification before and after, and the cause of the change.

    It is stored only if the notification is still in the state `before`. The change of its record
    is stored in the same transaction.
    """

    before: Notification
    after: Notification
    cause: DeliveryFailed | Complained | None = None
    address: str | None = None  #: the address that the message was sent to, if it is known
    record: RecordChange | None = None

    @property
    def is_edit(self) -> bool:
        """Whether it is a caller's change, which may alter the content, the category or the times.

        The values do not tell, because Python counts true and 1 in a content as equal.
        """
        return self.after.timeline[-1].event == EventKind.CHANGED and (
            self.after.timeline != self.before.timeline
        )

    def is_stored_as(self, current: Notification) -> bool:
        """Whether `current` is `after`, so that a repeated request counts as carried out.

        The timelines of two edits in the same millisecond may be equal, but not their values.
        """
        if current.timeline != self.after.timeline:
            return False
        return not self.is_edit or bool(_DECIDED(current) == _DECIDED(self.after))

    @property
    def failure(self) -> DeliveryFailed | None:
        """The failure that caused the change, if it was one."""
        return self.cause if isinstance(self.cause, DeliveryFailed) else None


@dataclass(frozen=True, slots=True)
class ClaimRejected:
    """A claim that failed; `current` is the stored notification, if there is one."""

    current: Notification | None
    poll: Poll | None = None  #: the stored poll, if the id is that of a poll

    @property
    def module(self) -> str | None:
        """The module of the stored notification or poll."""
        stored = self.current or self.poll
        return stored.module if stored is not None else None
