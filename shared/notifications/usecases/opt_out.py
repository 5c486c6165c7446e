"""A user says no, or yes again. When it answers, nothing more goes out."""

import time
from datetime import timedelta

from notifications.domain.errors import NotFound, StillSending
from notifications.domain.notification import Notification
from notifications.domain.recipients import MAX_USER, OptOut, check_text
from notifications.domain.status import Status
from notifications.ports import Change, Ports

#: How long to wait for sends that passed the consent check before it changed.
PATIENCE = timedelta(seconds=20)
PAUSE = timedelta(milliseconds=100)

PAGE = 100


def opt_out_of(ports: Ports, user: str) -> OptOut:
    """Return a user's opt-out.

    Raises:
        NotFound: it was never set.
        InvalidInput: this is no user id.
    """
    check_text("user", user, MAX_USER)
    found = ports.opt_outs.get([user]).get(user)
    if found is None:
        raise NotFound("no opt-out was ever set for this user")
    return found


def set_opt_out(ports: Ports, user: str, *, active: bool) -> tuple[OptOut, int]:
    """Store an opt-out; returns it, and how many waiting notifications it ended.

    The opt-out is stored first, so that whatever is claimed from then on is not sent; what was
    claimed before is waited for. Ending an opt-out restores nothing.

    Raises:
        StillSending: a provider is slow to answer; the opt-out is stored.
    """
    now = ports.clock()
    stored = ports.opt_outs.put(OptOut(user=user, active=active, created_at=now, updated_at=now))
    if not active:
        return stored, 0
    ended, moving = _end_all(ports, user)
    deadline = ports.clock() + PATIENCE
    while moving:
        if ports.clock() > deadline:
            raise StillSending
        time.sleep(PAUSE.total_seconds())
        current = [each for each in ports.notifications.get(moving) if each is not None]
        count, moving = _end(ports, current)
        ended += count
    return stored, ended


def _end_all(ports: Ports, user: str) -> tuple[int, list[str]]:
    ended, moving, after = 0, list[str](), None
    while True:
        page = ports.notifications.of_user(user, PAGE, after)
        count, still_moving = _end(ports, page.items)
        ended += count
        moving += still_moving
        after = page.next
        if after is None:
            return ended, moving


def _end(ports: Ports, notifications: list[Notification]) -> tuple[int, list[str]]:
    """End those that wait; returns how many, and the ids of those that may still go."""
    now = ports.clock()
    waiting = [each for each in notifications if each.is_waiting]
    changes = [Change(each, each.opted_out(now, "the user opted out")) for each in waiting]
    results = ports.notifications.advance(changes) if changes else []
    ended = [each.id for each, ok in zip(waiting, results, strict=True) if ok is True]
    moving = {each.id for each in notifications if each.status is Status.SENDING}
    return len(ended), sorted(moving | {each.id for each in waiting} - {*ended})
