"""End those of some notifications that a user's opt-out covers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from notification_core.domain.attempt_policy import is_opted_out
from notification_core.domain.consent import OptOut
from notification_core.domain.modules import Module
from notification_core.domain.notification import Notification
from notification_core.domain.status import Status
from notification_core.ports import Change, Ports


@dataclass(frozen=True, slots=True)
class EndedNotifications:
    """What became of some notifications of a user."""

    covered: list[Notification]  #: as they were read
    ended: int
    moving: set[str]  #: ids of what may still go: it is being sent, or has moved since it was read


def end_covered(
    ports: Ports,
    opt_out: OptOut,
    modules: Mapping[str, Module],
    notifications: Sequence[Notification],
) -> EndedNotifications:
    """End those that wait and are covered."""
    now = ports.clock()
    covered = covered_of(opt_out, modules, notifications)
    waiting = [each for each in covered if each.is_waiting]
    changes = [Change(each, each.opted_out(now, "the user opted out")) for each in waiting]
    results = ports.notifications.advance(changes) if changes else []
    ended = {each.id for each, ok in zip(waiting, results, strict=True) if ok is True}
    moving = {each.id for each in waiting} - ended
    # Under a lease that has lapsed nobody sends: who settles it asks for consent anew.
    moving |= {
        each.id for each in covered if each.status is Status.SENDING and not each.lease_lapsed(now)
    }
    return EndedNotifications(covered, len(ended), moving)


def covered_of(
    opt_out: OptOut, modules: Mapping[str, Module], notifications: Sequence[Notification]
) -> list[Notification]:
    """Return those that a user's opt-out covers."""
    return [each for each in notifications if _is_covered(opt_out, modules, each)]


def _is_covered(opt_out: OptOut, modules: Mapping[str, Module], notification: Notification) -> bool:
    module = modules.get(notification.module)
    if module is None:  # nothing is exempt without a module that says so
        target, category = notification.target, notification.category
        return opt_out.refuses(target, category, notification.created_at)
    return is_opted_out(opt_out, notification, module)
