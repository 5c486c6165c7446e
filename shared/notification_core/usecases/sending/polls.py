"""What is sent together is looked at together: one entry of the due index, and not one each.

An entry of its own costs a notification a write unit when it is SENT and another when it is
confirmed. A poll costs five, whatever it names, and four for each further look.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import uuid4

from notification_core.domain.delivery_reports import poll_deferred_until
from notification_core.domain.modules import Module
from notification_core.domain.notification import Notification
from notification_core.domain.polls import Poll
from notification_core.domain.status import Status
from notification_core.ports import Change, Ports
from notification_core.usecases.sending.enqueue import enqueue_if_soon

logger = logging.getLogger(__name__)

#: Fewer notifications keep an entry each: a poll would cost more.
FEWEST = 3


def share_poll(ports: Ports, module: Module, changes: Sequence[Change]) -> list[Change]:
    """Return the changes, those that become SENT and are to be looked at under one poll.

    The poll is stored first: whatever becomes of the writes after it, nothing is SENT that no look
    is due for. Where it cannot be stored, each keeps an entry of its own.
    """
    fresh = {each.after.id: each.after for each in changes if _is_to_be_looked_at(each)}
    if len(fresh) < FEWEST or module.confirmation is None:
        return list(changes)
    now = ports.clock()
    due_at = max(each.due_at for each in fresh.values() if each.due_at is not None)
    poll = Poll(
        id=uuid4().hex, module=module.name, notifications=(*fresh,), sent_at=now, due_at=due_at
    )
    try:
        ports.notifications.add_poll(poll)
    except Exception:
        logger.exception("could not store a poll")
        return list(changes)
    enqueue_if_soon(ports, [poll])
    until = module.confirmation.end(now)
    return [
        replace(each, after=replace(each.after, due_at=None, awaited_until=until))
        if each.after.id in fresh
        else each
        for each in changes
    ]


def _is_to_be_looked_at(change: Change) -> bool:
    """Whether it becomes SENT; one that was SENT has been looked at, and keeps its own entry."""
    after = change.after
    is_due = after.status is Status.SENT and after.due_at is not None
    return is_due and change.before.status is not Status.SENT


def notifications_of_polls(ports: Ports, polls: Sequence[Poll]) -> dict[str, Notification]:
    """Return what some polls name and may still have to be looked at, as it stands, by id."""
    ids = [each for poll in polls for each in poll.notifications]
    found = ports.notifications.get(ids) if ids else []
    return {each.id: each for each in found if each is not None and _is_open(each)}


def _is_open(notification: Notification) -> bool:
    """Whether it is SENT, or may become so under the claim that the poll was made for."""
    if notification.status is Status.SENT:
        return notification.due_at is None
    return notification.status is Status.SENDING


def go_on(
    ports: Ports,
    module: Module,
    poll: Poll,
    standing: Sequence[Notification],
    *,
    asked: bool,
) -> None:
    """Store when a poll is due again, and for what; or that it is over.

    `standing` is what it names as it stands after the look. That nobody was asked ends no poll.
    """
    now = ports.clock()
    left = [each for each in standing if _is_open(each)]
    due_at = _next_time(module, poll, left, now, asked=asked) if left else None
    after = None
    if due_at is not None:
        after = replace(poll, notifications=tuple(each.id for each in left), due_at=due_at)
    try:
        ports.notifications.replace_poll(poll, after)
    except Exception:
        logger.exception("could not store what is left of a poll")  # it is swept
        return
    if after is not None:
        enqueue_if_soon(ports, [after])


def _next_time(
    module: Module, poll: Poll, left: Sequence[Notification], now: datetime, *, asked: bool
) -> datetime | None:
    if not asked or any(each.status is Status.SENDING for each in left):
        return poll_deferred_until(poll.sent_at, now)
    return module.confirmation.next_poll(poll.sent_at, now) if module.confirmation else None
