"""Conditional changes of stored items, and the reasons for which a store rejects them."""

from dataclasses import dataclass
from operator import attrgetter

from notification_core.domain.addresses import TargetUserRecord
from notification_core.domain.delivery import Complained
from notification_core.domain.failures import DeliveryFailed
from notification_core.domain.notification import Notification
from notification_core.domain.polls import Poll


class Conflict(Exception):
    """Another process has changed an item between the read and the write."""


class RecordChanged(Conflict):
    """The record has changed since it was read; read it again and repeat the decision."""


@dataclass(frozen=True, slots=True)
class RecordChange:
    """One target user record before and after a change, such as a deactivation or a strike."""

    before: TargetUserRecord
    after: TargetUserRecord


#: What only a caller's change alters. Each other transition keeps the values of `before`.
_EDITED = attrgetter("content", "sms", "category", "scheduled_delivery", "deliver_before")


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
        """Whether it changes what a caller decided: the content, the category or the times."""
        return bool(_EDITED(self.before) != _EDITED(self.after))

    def is_stored_as(self, current: Notification) -> bool:
        """Whether `current` is `after`, so that a repeated request counts as carried out.

        The timelines of two edits in the same millisecond may be equal, but not their values.
        """
        if current.timeline != self.after.timeline:
            return False
        edited = self.is_edit or self.before.max_retries != self.after.max_retries
        return not edited or _decided(current) == _decided(self.after)

    @property
    def failure(self) -> DeliveryFailed | None:
        """The failure that caused the change, if it was one."""
        return self.cause if isinstance(self.cause, DeliveryFailed) else None


def _decided(notification: Notification) -> tuple[object, ...]:
    return (*_EDITED(notification), notification.due_at, notification.max_retries)


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
