"""A user says no, or yes again, by whichever door. When it answers, nothing more goes out."""

import time
from collections.abc import Sequence
from datetime import timedelta

from notifications.domain.consent import (
    EVERYTHING,
    Door,
    Entry,
    OptOut,
    category_scope,
    target_scope,
)
from notifications.domain.errors import NotFound, StillSending, Unavailable
from notifications.domain.modules import Module
from notifications.domain.notification import Notification
from notifications.domain.recipients import MAX_USER, check_text, target_named
from notifications.domain.settle import is_refused
from notifications.domain.status import Status
from notifications.ports import Change, Ports

#: How long to wait for sends that passed the consent check before it changed.
PATIENCE = timedelta(seconds=20)
PAUSE = timedelta(milliseconds=100)

PAGE = 100

#: How often a ledger is read anew when somebody else wrote to it meanwhile.
TRIES = 10


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


def scopes_of(ports: Ports, targets: Sequence[str], categories: Sequence[str]) -> list[str]:
    """Return what an opt-out of these covers; everything when none is named.

    Raises:
        UnknownTarget, InvalidInput: one of them is none.
    """
    known = ports.targets.all() if targets else []
    named = [target_scope(target_named(known, each).id) for each in targets]
    named += [category_scope(each) for each in categories]
    return named or [EVERYTHING]


def hear(
    ports: Ports,
    user: str,
    scopes: Sequence[str],
    *,
    active: bool,
    door: Door,
    evidence: str,
    patience: timedelta = PATIENCE,
) -> tuple[OptOut, int]:
    """Write a user's word down; returns the opt-out, and how many waiting notifications it ended.

    It is stored first, so that whatever is claimed from then on is not sent; what was claimed
    before is waited for. Ending an opt-out restores nothing; ending that of everything ends all.

    Raises:
        StillSending: a provider is slow to answer; the opt-out is stored.
        Unavailable: others kept writing to the ledger; nothing is stored.
        InvalidInput: the user has said something about too many targets and categories.
    """
    stored = write_down(ports, user, scopes, active=active, door=door, evidence=evidence)
    return stored, end_all(ports, [stored], patience) if active else 0


def write_down(
    ports: Ports, user: str, scopes: Sequence[str], *, active: bool, door: Door, evidence: str
) -> OptOut:
    """Add to the ledger and to nothing else. Raises as `hear`, but never StillSending."""
    for _ in range(TRIES):
        now = ports.clock()
        known = ports.opt_outs.get([user]).get(user)
        after = known or OptOut.begun(user, now)
        all_of_it = not active and EVERYTHING in scopes
        for scope in sorted(after.scopes) if all_of_it else scopes:
            entry = Entry(scope=scope, active=active, at=now, door=door, evidence=evidence)
            after = after.said(entry)
        if known is not None and after is known:
            return known
        if ports.opt_outs.put(after):
            return after
    raise Unavailable


def end_all(ports: Ports, opt_outs: Sequence[OptOut], patience: timedelta) -> int:
    """End what waits and is covered, and wait for what may still go; returns how many it ended.

    Raises:
        StillSending: a provider is slow to answer.
    """
    ended, moving = 0, dict[str, OptOut]()
    for opt_out in opt_outs:
        count, ids = end_waiting(ports, opt_out)
        ended += count
        moving |= dict.fromkeys(ids, opt_out)
    modules = {each.name: each for each in ports.modules.all()} if moving else {}
    deadline = ports.clock() + patience
    while moving:
        if ports.clock() > deadline:
            raise StillSending
        time.sleep(PAUSE.total_seconds())
        current = [each for each in ports.notifications.get([*moving]) if each is not None]
        covering, moving = moving, {}
        for opt_out in opt_outs:
            covered = [each for each in current if covering[each.id] is opt_out]
            count, ids = _end(ports, covered, opt_out, modules)
            ended += count
            moving |= dict.fromkeys(ids, opt_out)
    return ended


def end_waiting(ports: Ports, opt_out: OptOut) -> tuple[int, list[str]]:
    """End what waits and is covered; returns how many, and the ids of what may still go."""
    modules = {each.name: each for each in ports.modules.all()}
    ended, moving, after = 0, list[str](), None
    while True:
        page = ports.notifications.of_user(opt_out.user, PAGE, after)
        count, still_moving = _end(ports, page.items, opt_out, modules)
        ended += count
        moving += still_moving
        after = page.next
        if after is None:
            return ended, moving


def _end(
    ports: Ports,
    notifications: list[Notification],
    opt_out: OptOut,
    modules: dict[str, Module],
) -> tuple[int, list[str]]:
    """End those that wait; returns how many, and the ids of those that may still go."""
    now = ports.clock()
    covered = [each for each in notifications if _covers(opt_out, each, modules)]
    waiting = [each for each in covered if each.is_waiting]
    changes = [Change(each, each.opted_out(now, "the user opted out")) for each in waiting]
    results = ports.notifications.advance(changes) if changes else []
    ended = [each.id for each, ok in zip(waiting, results, strict=True) if ok is True]
    moving = {each.id for each in covered if each.status is Status.SENDING}
    return len(ended), sorted(moving | {each.id for each in waiting} - {*ended})


def _covers(opt_out: OptOut, notification: Notification, modules: dict[str, Module]) -> bool:
    module = modules.get(notification.module)
    if module is None:  # nothing is exempt without a module that says so
        return opt_out.covers(notification.target, notification.category)
    return is_refused(opt_out, notification, module)
