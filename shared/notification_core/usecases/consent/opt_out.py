"""A user says no, or yes again, by whichever door. When it answers, nothing more goes out.

Where a user has more notifications than a request may read, that holds when its job is done.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from notification_core.domain.addresses import MAX_USER, check_text, find_target
from notification_core.domain.clock import to_epoch_ms
from notification_core.domain.consent import (
    EVERYTHING,
    ConsentEntry,
    ConsentSource,
    OptOut,
    category_scope,
    target_scope,
)
from notification_core.domain.errors import NotFound, StillSending, Unavailable
from notification_core.domain.jobs import Job
from notification_core.domain.notification import Notification
from notification_core.domain.timing import INDEX_LAG
from notification_core.ports import Ports
from notification_core.usecases.consent.covered import end_covered
from notification_core.usecases.consent.opt_out_job import (
    PAGE,
    OptOutCursor,
    Stage,
    since,
    start_opt_out_job,
)

#: How long to wait for sends that passed the consent check before it changed.
PATIENCE = timedelta(seconds=20)
PAUSE = timedelta(milliseconds=100)

#: Pages of a user's notifications that a request reads at most, those of the recent ones included.
MAX_PAGES = 10
#: Notifications of a page of the recent ones.
RECENT_PAGE = 25

#: How often a ledger is read anew when somebody else wrote to it meanwhile.
TRIES = 10


@dataclass(frozen=True, slots=True)
class Ended:
    """What opt-outs have ended so far, and the jobs that go on where a user has too much."""

    count: int
    jobs: list[Job]


@dataclass(frozen=True, slots=True)
class OptOutResult:
    """What came of a user's word. Without a job nothing more goes out; with one, when it is done.

    Attributes:
        opt_out: as it is stored.
        ended: how many waiting notifications have been ended.
        job: what ends the rest.
    """

    opt_out: OptOut
    ended: int
    job: Job | None


def get_opt_out(ports: Ports, user: str) -> OptOut:
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
    named = [target_scope(find_target(known, each).id) for each in targets]
    named += [category_scope(each) for each in categories]
    return named or [EVERYTHING]


def record_consent(
    ports: Ports,
    user: str,
    scopes: Sequence[str],
    *,
    active: bool,
    source: ConsentSource,
    evidence: str,
    patience: timedelta = PATIENCE,
) -> OptOutResult:
    """Write a user's word down, and end what waits and is covered.

    It is stored first, so that whatever is claimed from then on is not sent; what was claimed
    before is waited for. A no therefore answers no sooner than `INDEX_LAG` after it was stored.
    Of a user with more than `MAX_PAGES` pages a job ends the rest, and waits for it.
    Ending an opt-out restores nothing; ending that of everything ends all.

    Raises:
        StillSending: a provider is slow to answer; the opt-out is stored.
        Unavailable: others kept writing to the ledger; nothing is stored.
        InvalidInput: the application names too many targets and categories; nothing is stored.
    """
    stored = append_entry(ports, user, scopes, active=active, source=source, evidence=evidence)
    ended = end_all(ports, [stored], patience) if active else Ended(0, [])
    return OptOutResult(stored, ended.count, next(iter(ended.jobs), None))


def append_entry(
    ports: Ports,
    user: str,
    scopes: Sequence[str],
    *,
    active: bool,
    source: ConsentSource,
    evidence: str,
) -> OptOut:
    """Add to the ledger and to nothing else. Raises as `hear`, but never StillSending."""
    for _ in range(TRIES):
        known = ports.opt_outs.get([user]).get(user)
        now = ports.clock()
        before = after = known or OptOut.begun(user, now)
        for scope in before.reached(scopes, active=active, source=source, evidence=evidence):
            entry = ConsentEntry(
                scope=scope, active=active, at=now, source=source, evidence=evidence
            )
            after = after.with_entry(entry)
        if known is not None and after is known:
            return known
        if ports.opt_outs.put(after):
            return after
    raise Unavailable


def end_all(ports: Ports, opt_outs: Sequence[OptOut], patience: timedelta) -> Ended:
    """End what waits and is covered, and wait for what may still go.

    The opt-outs must be stored. The listing of a user's notifications lags behind the table, and
    what it does not show may be under way to a provider. So it is read again once the lag is over,
    and again while it shows something new. Of all users together `MAX_PAGES` pages are read; a job
    goes on with each user of whom there are more.

    Raises:
        StillSending: a provider is slow to answer, or the listing does not come to rest.
    """
    if not opt_outs:
        return Ended(0, [])
    stored_at = ports.clock()
    deadline, list_at = stored_at + patience, stored_at + INDEX_LAG
    budget = _Budget(MAX_PAGES)
    endings = [_Ending(ports, each, stored_at, budget) for each in opt_outs]
    for each in endings:
        each.end_listed()
    is_complete = False
    while left := [e for e in endings if e.job is None and (e.moving or not is_complete)]:
        now = ports.clock()
        if now > deadline:
            raise StillSending
        moving = any(each.moving for each in left)
        time.sleep((PAUSE if moving else max(list_at - now, PAUSE)).total_seconds())
        for each in left:
            each.look_at_moving()
        if not is_complete and ports.clock() >= list_at:
            shows_new = [each.end_recent() for each in left]
            is_complete = not any(shows_new)
            list_at = ports.clock() + INDEX_LAG
    return Ended(sum(each.ended for each in endings), [e.job for e in endings if e.job])


class _Budget:
    """How many pages a request may still read."""

    def __init__(self, pages: int) -> None:
        self._pages = pages

    def spend(self) -> bool:
        """Take one page, if there is one left; whether there was."""
        self._pages -= 1
        return self._pages >= 0


class _Ending:
    """What one user's opt-out ends, as far as the request may read.

    Args:
        ports: where the notifications are.
        opt_out: as it is stored.
        stored_at: when it was.
        budget: the pages that the request may read.
    """

    def __init__(self, ports: Ports, opt_out: OptOut, stored_at: datetime, budget: _Budget) -> None:
        self.ended = 0
        self.moving = set[str]()  #: ids of what may still go
        self.job: Job | None = None  #: that does the rest, once the budget is spent
        self._ports, self._opt_out, self._budget = ports, opt_out, budget
        self._stored_at, self._since = stored_at, since(stored_at)
        self._modules = {each.name: each for each in ports.modules.all()}
        self._seen = set[str]()  #: ids of the recent ones

    def end_listed(self) -> None:
        """End what the listing shows."""
        after: str | None = None
        moving_from: str | None = None  #: where the first page begins of which something may go
        while self._budget.spend():
            page = self._ports.notifications.list_by_user(self._opt_out.user, PAGE, after)
            was_moving = bool(self.moving)
            self._end(page.items)
            if self.moving and not was_moving:
                moving_from = after
            after = page.next
            if after is None:
                return
        self._leave(Stage.ALL, moving_from if self.moving else after)

    def end_recent(self) -> bool:
        """End what the listing shows of the recent ones; whether any of them is new there."""
        known, after = len(self._seen), None
        while self._budget.spend():
            page = self._ports.notifications.list_by_user(self._opt_out.user, RECENT_PAGE, after)
            self._end([each for each in page.items if each.id not in self._seen])
            after = page.next
            if after is None or any(each.created_at < self._since for each in page.items):
                return len(self._seen) > known
        self._leave(Stage.ALL if self.moving else Stage.RECENT, None)
        return False

    def _leave(self, stage: Stage, after: str | None) -> None:
        """Leave to a job what is left to read, and what may still go of what was read."""
        stored_at = to_epoch_ms(self._stored_at)
        place = OptOutCursor(user=self._opt_out.user, stored_at=stored_at, stage=stage, after=after)
        self.job = start_opt_out_job(self._ports, place, self.ended)

    def look_at_moving(self) -> None:
        """Look again at what may still go, and end what waits by now."""
        if self.moving:
            ids, self.moving = sorted(self.moving), set()
            self._end([each for each in self._ports.notifications.get(ids) if each is not None])

    def _end(self, notifications: list[Notification]) -> None:
        page = end_covered(self._ports, self._opt_out, self._modules, notifications)
        self._seen |= {each.id for each in page.covered if each.created_at >= self._since}
        self.ended += page.ended
        self.moving |= page.moving
