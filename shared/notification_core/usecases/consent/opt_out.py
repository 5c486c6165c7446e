"""Record opt-outs and opt-ins from any source. After the call returns, no more messages are sent.

If a user has more notifications than a request may read, this applies when the job is done.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from notification_core.domain.addresses import MAX_USER, check_text, find_target
from notification_core.domain.clock import to_epoch_ms
from notification_core.domain.consent import ConsentEntry, ConsentSource, OptOut
from notification_core.domain.consent_scopes import EVERYTHING, category_scope, target_scope
from notification_core.domain.errors import NotFound, StillSending
from notification_core.domain.jobs import Job
from notification_core.domain.modules import Module
from notification_core.domain.notification import Notification
from notification_core.domain.timing import INDEX_LAG
from notification_core.domain.transitions import Conflict
from notification_core.ports import HasOptOuts, HasSleep, HasTargets
from notification_core.usecases.conflicts import retry_on_conflict
from notification_core.usecases.consent.covered import end_covered
from notification_core.usecases.consent.opt_out_job import (
    PAGE,
    OptOutCursor,
    OptOutJobPorts,
    Stage,
    since,
    start_opt_out_job,
)

#: How long to wait for sends that passed the consent check before it changed.
PATIENCE = timedelta(seconds=20)
PAUSE = timedelta(milliseconds=100)

#: The most pages of a user's notifications that a request reads, pages of recent ones included.
MAX_PAGES = 10
#: The number of notifications on a page of recent ones.
RECENT_PAGE = 25

#: How often a ledger is read again when another process has written to it meanwhile.
TRIES = 10


class OptOutPorts(OptOutJobPorts, HasSleep, Protocol):
    """The ports that these use cases need."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The number of ended notifications, and the jobs that end the rest of users with too many."""

    count: int
    jobs: list[Job]


@dataclass(frozen=True, slots=True)
class OptOutResult:
    """The result of recording an opt-out or opt-in.

    No further messages are sent from now on, or, if there is a job, when the job is done.

    Attributes:
        opt_out: the ledger as it is stored.
        ended: how many waiting notifications have been ended.
        job: the job that ends the other notifications.
    """

    opt_out: OptOut
    ended: int
    job: Job | None


def get_opt_out(ports: HasOptOuts, user: str) -> OptOut:
    """Return a user's opt-out.

    Raises:
        NotFound: it was never set.
        InvalidInput: `user` is not a valid user id.
    """
    check_text("user", user, MAX_USER)
    opt_out = ports.opt_outs.get([user]).get(user)
    if opt_out is None:
        raise NotFound("no opt-out was ever set for this user")
    return opt_out


def scopes_of(ports: HasTargets, targets: Sequence[str], categories: Sequence[str]) -> list[str]:
    """Return the scopes of these targets and categories; everything when none is named.

    Raises:
        UnknownTarget: there is no such target.
        InvalidInput: a category is not valid.
    """
    all_targets = ports.targets.all() if targets else []
    named = [target_scope(find_target(all_targets, name).id) for name in targets]
    named += [category_scope(category) for category in categories]
    return named or [EVERYTHING]


def record_consent(
    ports: OptOutPorts,
    user: str,
    scopes: Sequence[str],
    *,
    active: bool,
    source: ConsentSource,
    evidence: str,
    patience: timedelta = PATIENCE,
) -> OptOutResult:
    """Record an opt-out or opt-in, and end the waiting notifications that it covers.

    It is stored first, so that notifications claimed from then on are not sent; the call waits for
    those that were claimed before. An opt-out therefore returns no earlier than `INDEX_LAG` after
    it was stored. If a user has more than `MAX_PAGES` pages, a job ends the rest and waits for it.
    Ending an opt-out does not restore notifications; ending that of everything ends all opt-outs.

    Raises:
        StillSending: a provider is slow to answer; the opt-out is stored.
        Unavailable: other processes kept writing to the ledger; nothing is stored.
        InvalidInput: the application names too many targets and categories; nothing is stored.
    """
    stored = append_entry(ports, user, scopes, active=active, source=source, evidence=evidence)
    ended = end_all(ports, [stored], patience) if active else Ended(0, [])
    return OptOutResult(stored, ended.count, next(iter(ended.jobs), None))


def append_entry(
    ports: OptOutPorts,
    user: str,
    scopes: Sequence[str],
    *,
    active: bool,
    source: ConsentSource,
    evidence: str,
) -> OptOut:
    """Add an entry to the ledger only. Raises as `record_consent`, but never StillSending."""

    def append() -> OptOut:
        stored = ports.opt_outs.get([user]).get(user)
        now = ports.clock()
        before = after = stored or OptOut.begun(user, now)
        for scope in before.recorded_scopes(
            scopes, active=active, source=source, evidence=evidence
        ):
            entry = ConsentEntry(
                scope=scope, active=active, at=now, source=source, evidence=evidence
            )
            after = after.with_entry(entry)
        if after is not stored and not ports.opt_outs.put(after):
            raise Conflict
        return after

    return retry_on_conflict(append, TRIES)


def end_all(
    ports: OptOutPorts, opt_outs: Sequence[OptOut], patience: timedelta, pages: int | None = None
) -> Ended:
    """End the waiting notifications that are covered, and wait for those that may still be sent.

    The opt-outs must be stored. The listing of a user's notifications lags behind the table, and a
    notification that it does not show may be under way to a provider. So it is read again after the
    lag, and again while it shows new notifications. For all users together, `pages` pages are read,
    by default `MAX_PAGES`, and each user needs two; a job continues with each user who has more.

    Raises:
        StillSending: a provider is slow to answer, or the listing keeps showing new notifications.
    """
    if not opt_outs:
        return Ended(0, [])
    stored_at = ports.clock()
    deadline, list_at = stored_at + patience, stored_at + INDEX_LAG
    budget = _Budget(MAX_PAGES if pages is None else pages)
    modules = {module.name: module for module in ports.modules.all()}
    endings = [_Ending(ports, opt_out, stored_at, budget, modules) for opt_out in opt_outs]
    for ending in endings:
        ending.end_listed()
    is_complete = False
    while left := [e for e in endings if e.job is None and (e.moving or not is_complete)]:
        now = ports.clock()
        if now > deadline:
            raise StillSending
        moving = any(ending.moving for ending in left)
        ports.sleep((PAUSE if moving else max(list_at - now, PAUSE)).total_seconds())
        for ending in left:
            ending.recheck_moving()
        if not is_complete and ports.clock() >= list_at:
            shows_new = [ending.end_recent() for ending in left]
            is_complete = not any(shows_new)
            list_at = ports.clock() + INDEX_LAG
    return Ended(sum(ending.ended for ending in endings), [e.job for e in endings if e.job])


class _Budget:
    """The number of pages that a request may still read."""

    def __init__(self, pages: int) -> None:
        self._pages = pages

    def spend(self) -> bool:
        """Spend one page; return whether one was left."""
        self._pages -= 1
        return self._pages >= 0


class _Ending:
    """Ends the notifications that one user's opt-out covers, within the request's page budget.

    Args:
        ports: the ports of the use case.
        opt_out: the ledger as it is stored.
        stored_at: when it was stored.
        budget: the pages that the request may read.
        modules: by name.
    """

    def __init__(
        self,
        ports: OptOutPorts,
        opt_out: OptOut,
        stored_at: datetime,
        budget: _Budget,
        modules: Mapping[str, Module],
    ) -> None:
        self.ended = 0
        self.moving = set[str]()  #: ids of notifications that may still be sent
        self.job: Job | None = None  #: ends the rest after the budget is spent
        self._ports, self._opt_out, self._budget = ports, opt_out, budget
        self._stored_at, self._since = stored_at, since(stored_at)
        self._modules = modules
        self._seen = set[str]()  #: ids of the recent notifications

    def end_listed(self) -> None:
        """End the notifications that the listing shows."""
        after: str | None = None
        moving_from: str | None = None  #: the start of the first page with moving notifications
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
        """End the recent notifications that the listing shows; return whether any is new."""
        seen_before, after = len(self._seen), None
        while self._budget.spend():
            page = self._ports.notifications.list_by_user(self._opt_out.user, RECENT_PAGE, after)
            self._end([listed for listed in page.items if listed.id not in self._seen])
            after = page.next
            if after is None or any(listed.created_at < self._since for listed in page.items):
                return len(self._seen) > seen_before
        self._leave(Stage.ALL if self.moving else Stage.RECENT, None)
        return False

    def _leave(self, stage: Stage, after: str | None) -> None:
        """Leave the pages that are not read, and the moving notifications, to a job."""
        user, stored_at = self._opt_out.user, to_epoch_ms(self._stored_at)
        cursor = OptOutCursor(user=user, stored_at=stored_at, stage=stage, after=after)
        self.job = start_opt_out_job(self._ports, cursor, self._opt_out, self.ended)

    def recheck_moving(self) -> None:
        """Read the moving notifications again, and end those that are waiting now."""
        if self.moving:
            ids, self.moving = sorted(self.moving), set()
            stored = self._ports.notifications.get(ids)
            self._end([notification for notification in stored if notification is not None])

    def _end(self, notifications: list[Notification]) -> None:
        page = end_covered(self._ports, self._opt_out, self._modules, notifications)
        self._seen |= {covered.id for covered in page.covered if covered.created_at >= self._since}
        self.ended += page.ended
        self.moving |= page.moving
