"""End the notifications that a user's opt-out covers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from notification_core.domain.attempt_policy import is_opted_out
from notification_core.domain.consent import OptOut
from notification_core.domain.modules import Module
from notification_core.domain.notification import Notification
from notification_core.domain.status import Status
from notification_core.domain.transitions import Transition
from notification_core.ports import HasClock, HasNotifications


class CoveredPorts(HasClock, HasNotifications, Protocol):
    """The ports that these use cases need."""


@dataclass(frozen=True, slots=True)
class EndedNotifications:
    """The result of ending some notifications of a user."""

    covered: list[Notification]  #: as they were read
    ended: int
    #: The ids of notifications that may still be sent: they are being sent, or have changed since
    #: they were read.
    moving: set[str]


def end_covered(
    ports: CoveredPorts,
    opt_out: OptOut,
    modules: Mapping[str, Module],
    notifications: Sequence[Notification],
) -> EndedNotifications:
    """End the notifications that are waiting and covered."""
    now = ports.clock()
    covered = covered_of(opt_out, modules, notifications)
    waiting = [notification for notification in covered if notification.is_waiting]
    transitions = [
        Transition(before, before.opted_out(now, "the user opted out")) for before in waiting
    ]
    results = ports.notifications.advance(transitions) if transitions else []
    ended = {before.id for before, ok in zip(waiting, results, strict=True) if ok is True}
    moving = {notification.id for notification in waiting} - ended
    # No consumer sends under a lapsed lease, and the next attempt checks consent again.
    moving |= {
        notification.id
        for notification in covered
        if notification.status is Status.SENDING and not notification.lease_lapsed(now)
    }
    return EndedNotifications(covered, len(ended), moving)


def covered_of(
    opt_out: OptOut, modules: Mapping[str, Module], notifications: Sequence[Notification]
) -> list[Notification]:
    """Return the notifications that a user's opt-out covers."""
    return [
        notification
        for notification in notifications
        if _is_covered(opt_out, modules, notification)
    ]


def _is_covered(opt_out: OptOut, modules: Mapping[str, Module], notification: Notification) -> bool:
    module = modules.get(notification.module)
    if module is None:  # only a module can exempt a category
        target, category = notification.target, notification.category
        return opt_out.refuses(target, category, notification.created_at)
    return is_opted_out(opt_out, notification, module)
