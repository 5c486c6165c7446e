"""A user says no, or yes again, by whichever door. When it answers, nothing more goes out."""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta

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
from notifications.domain.timing import CLOCK_SKEW, INDEX_LAG, REQUEST_TIME_LIMIT
from notifications.ports import Change, Ports

#: How long to wait for sends that passed the consent check before it changed.
PATIENCE = timedelta(seconds=20)
PAUSE = timedelta(milliseconds=100)

#: Notifications of one page of a listing: of all that a user has, and of the recent ones.
PAGE = 100
RECENT_PAGE = 25

#: What a listing may not show yet was stored within the lag, by a request that had begun, and
#: dated it, no longer before that than a request may take.
RECENT = REQUEST_TIME_LIMIT + INDEX_LAG + CLOCK_SKEW

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
    before is waited for. A no therefore answers no sooner than `INDEX_LAG` after it was stored.
    Ending an opt-out restores nothing; ending that of everything ends all.

    Raises:
        StillSending: a provider is slow to answer; the opt-out is stored.
        Unavailable: others kept writing to the ledger; nothing is stored.
        InvalidInput: the application names too many targets and categories; nothing is stored.
    """
    stored = write_down(ports, user, scopes, active=active, door=door, evidence=evidence)
    return stored, end_all(ports, [stored], patience) if active else 0


def write_down(
    ports: Ports, user: str, scopes: Sequence[str], *, active: bool, door: Door, evidence: str
) -> OptOut:
    """Add to the ledger and to nothing else. Raises as `hear`, but never StillSending."""
    for _ in range(TRIES):
        known = ports.opt_outs.get([user]).get(user)
        now = ports.clock()
        before = after = known or OptOut.begun(user, now)
        for scope in before.reached(scopes, active=active, door=door, evidence=evidence):
            entry = Entry(scope=scope, active=active, at=now, door=door, evidence=evidence)
            after = after.said(entry)
        if known is not None and after is known:
            return known
        if ports.opt_outs.put(after):
            return after
    raise Unavailable


def end_all(ports: Ports, opt_outs: Sequence[OptOut], patience: timedelta) -> int:
    """End what waits and is covered, and wait for what may still go; returns how many it ended.

    The opt-outs must be stored. The listing of a user's notifications lags behind the table, and
    what it does not show may be under way to a provider. So it is read again once the lag is over,
    and again while it shows something new.

    Raises:
        StillSending: a provider is slow to answer, or the listing does not come to rest.
    """
    if not opt_outs:
        return 0
    stored_at = ports.clock()
    deadline, list_at = stored_at + patience, stored_at + INDEX_LAG
    endings = [_Ending(ports, each, stored_at - RECENT) for each in opt_outs]
    for each in endings:
        each.end_listed()
    is_complete = False
    while (moving := any(each.moving for each in endings)) or not is_complete:
        now = ports.clock()
        if now > deadline:
            raise StillSending
        time.sleep((PAUSE if moving else max(list_at - now, PAUSE)).total_seconds())
        for each in endings:
            each.look_at_moving()
        if not is_complete and ports.clock() >= list_at:
            shows_new = [each.end_recent() for each in endings]
            is_complete = not any(shows_new)
            list_at = ports.clock() + INDEX_LAG
    return sum(each.ended for each in endings)


def end_waiting(ports: Ports, opt_out: OptOut) -> tuple[int, list[str]]:
    """End what waits and is covered; returns how many, and the ids of what may still go.

    For an opt-out that nobody is answered about: what the listing does not show yet is refused by
    the check before its send, and what is being sent goes.
    """
    ending = _Ending(ports, opt_out, ports.clock())
    ending.end_listed()
    return ending.ended, sorted(ending.moving)


class _Ending:
    """What one user's opt-out ends.

    Args:
        ports: where the notifications are.
        opt_out: as it is stored.
        since: what was created before that is in the listing already.
    """

    def __init__(self, ports: Ports, opt_out: OptOut, since: datetime) -> None:
        self.ended = 0
        self.moving = set[str]()  #: ids of what may still go
        self._ports, self._opt_out, self._since = ports, opt_out, since
        self._modules = {each.name: each for each in ports.modules.all()}
        self._seen = set[str]()  #: ids of the recent ones

    def end_listed(self) -> None:
        """End what the listing shows."""
        after = None
        while True:
            page = self._ports.notifications.of_user(self._opt_out.user, PAGE, after)
            self._end(page.items)
            after = page.next
            if after is None:
                return

    def end_recent(self) -> bool:
        """End what the listing shows of the recent ones; whether any of them is new there."""
        known, after = len(self._seen), None
        while True:
            page = self._ports.notifications.of_user(self._opt_out.user, RECENT_PAGE, after)
            self._end([each for each in page.items if each.id not in self._seen])
            after = page.next
            if after is None or any(each.created_at < self._since for each in page.items):
                return len(self._seen) > known

    def look_at_moving(self) -> None:
        """Look again at what may still go, and end what waits by now."""
        if self.moving:
            ids, self.moving = sorted(self.moving), set()
            self._end([each for each in self._ports.notifications.get(ids) if each is not None])

    def _end(self, notifications: list[Notification]) -> None:
        now = self._ports.clock()
        covered = [each for each in notifications if _covers(self._opt_out, each, self._modules)]
        self._seen |= {each.id for each in covered if each.created_at >= self._since}
        waiting = [each for each in covered if each.is_waiting]
        changes = [Change(each, each.opted_out(now, "the user opted out")) for each in waiting]
        results = self._ports.notifications.advance(changes) if changes else []
        ended = {each.id for each, ok in zip(waiting, results, strict=True) if ok is True}
        self.ended += len(ended)
        self.moving |= {each.id for each in waiting} - ended
        # Under a lease that has lapsed nobody sends: who settles it asks for consent anew.
        self.moving |= {
            each.id
            for each in covered
            if each.status is Status.SENDING and not each.lease_lapsed(now)
        }


def _covers(opt_out: OptOut, notification: Notification, modules: dict[str, Module]) -> bool:
    module = modules.get(notification.module)
    if module is None:  # nothing is exempt without a module that says so
        target, category = notification.target, notification.category
        return opt_out.refuses(target, category, notification.created_at)
    return is_refused(opt_out, notification, module)
