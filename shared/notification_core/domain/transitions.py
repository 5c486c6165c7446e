"""Conditional changes of stored items, and the reasons for which a store rejects them."""

from dataclasses import dataclass

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
