"""Shared status polls: notifications that are sent together share one entry of the due index.

An entry of its own costs a notification a write unit when it becomes SENT and another when it is
confirmed. A poll costs five write units, however many notifications it names, and four more each
time it is rescheduled.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol
from uuid import uuid4

from notification_core.domain.modules import Module
from notification_core.domain.notification import Notification
from notification_core.domain.polls import Poll, poll_deferred_until
from notification_core.domain.status import Status
from notification_core.domain.transitions import Transition
from notification_core.ports import HasNotifications
from notification_core.usecases.sending.enqueue import EnqueuePorts, enqueue_if_soon

logger = logging.getLogger(__name__)

#: With fewer notifications, each keeps its own entry, because a poll would cost more.
FEWEST = 3


class PollPorts(EnqueuePorts, HasNotifications, Protocol):
    """The ports that these use cases need."""


def share_poll(
    ports: PollPorts, module: Module, transitions: Sequence[Transition]
) -> list[Transition]:
    """Return the transitions, with one shared poll for the notifications that become SENT.

    The poll is stored first, so that no notification is SENT without a poll even if the writes
    after it fail. If the poll cannot be stored, each notification keeps its own entry.
    """
    fresh = {
        transition.after.id: transition.after
        for transition in transitions
        if _needs_poll(transition)
    }
    if len(fresh) < FEWEST or module.confirmation is None:
        return list(transitions)
    now = ports.clock()
    due_at = max(sent.due_at for sent in fresh.values() if sent.due_at is not None)
    poll = Poll(
        id=uuid4().hex, module=module.name, notifications=(*fresh,), sent_at=now, due_at=due_at
    )
    try:
        ports.notifications.add_poll(poll)
    except Exception:
        logger.exception("could not store a poll")
        return list(transitions)
    enqueue_if_soon(ports, [poll])
    until = module.confirmation.end(now)
    return [
        replace(transition, after=replace(transition.after, due_at=None, awaited_until=until))
        if transition.after.id in fresh
        else transition
        for transition in transitions
    ]


def _needs_poll(transition: Transition) -> bool:
    """Whether the notification becomes SENT and is to be polled.

    A notification that was SENT before has been polled, and keeps its own entry.
    """
    after = transition.after
    is_due = after.status is Status.SENT and after.due_at is not None
    return is_due and transition.before.status is not Status.SENT


def notifications_of_polls(
    ports: HasNotifications, polls: Sequence[Poll]
) -> dict[str, Notification]:
    """Return, by id, the current notifications of some polls that may still need a poll."""
    ids = [id_ for poll in polls for id_ in poll.notifications]
    stored = ports.notifications.get(ids) if ids else []
    return {
        notification.id: notification
        for notification in stored
        if notification is not None and _is_open(notification)
    }


def _is_open(notification: Notification) -> bool:
    """Whether it is SENT, or may become SENT under the claim for which the poll was created."""
    if notification.status is Status.SENT:
        return notification.due_at is None
    return notification.status is Status.SENDING


def reschedule_poll(
    ports: PollPorts,
    module: Module,
    poll: Poll,
    standing: Sequence[Notification],
    *,
    asked: bool,
) -> None:
    """Store when a poll is due again, and for which notifications; or delete it.

    `standing` are its notifications after the poll. A poll whose provider was not asked is never
    deleted for that reason.
    """
    now = ports.clock()
    left = [notification for notification in standing if _is_open(notification)]
    due_at = _next_time(module, poll, left, now, asked=asked) if left else None
    after = None
    if due_at is not None:
        ids = tuple(notification.id for notification in left)
        after = replace(poll, notifications=ids, due_at=due_at)
    try:
        ports.notifications.replace_poll(poll, after)
    except Exception:
        logger.exception("could not reschedule a poll")  # the sweep finds it
        return
    if after is not None:
        enqueue_if_soon(ports, [after])


def _next_time(
    module: Module, poll: Poll, left: Sequence[Notification], now: datetime, *, asked: bool
) -> datetime | None:
    if not asked or any(notification.status is Status.SENDING for notification in left):
        return poll_deferred_until(poll.sent_at, now)
    return module.confirmation.next_poll(poll.sent_at, now) if module.confirmation else None
