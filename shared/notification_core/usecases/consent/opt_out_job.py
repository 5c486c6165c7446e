"""End in the background what an opt-out covers, of a user with more than a request may read.

The job reads the user's notifications page by page, the newest first, and ends what waits and is
covered. It leaves no page while something of it may still go. Then it reads the recent ones until
two passes, `INDEX_LAG` apart, show the same. So its end means what the answer 200 to an opt-out
means: nothing more goes out. Every step may be done twice.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from notification_core.domain.clock import from_epoch_ms, to_epoch_ms
from notification_core.domain.consent import OptOut
from notification_core.domain.jobs import Job, JobKind
from notification_core.domain.modules import Module
from notification_core.domain.status import Status
from notification_core.domain.timing import CLOCK_SKEW, INDEX_LAG, REQUEST_TIME_LIMIT
from notification_core.ports import Ports
from notification_core.usecases.administration.jobs import leave
from notification_core.usecases.consent.covered import covered_of, end_covered

#: Notifications of one page, and so of one step.
PAGE = 100

#: Notifications that are looked at to tell whether a user has anything that a job would end.
FIRST_LOOK = 25

#: What a listing may not show yet was stored within the lag, by a request that had begun, and
#: dated it, no longer before that than a request may take.
RECENT = REQUEST_TIME_LIMIT + INDEX_LAG + CLOCK_SKEW

#: Between two looks at a page of which something may still go.
LOOK_AGAIN = timedelta(seconds=1)


class Stage(StrEnum):
    """What a step reads."""

    ALL = "all"
    RECENT = "recent"  #: once more, what the listing may not have shown before


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOutCursor:
    """How far a job is. The only place where it names the user."""

    user: str
    stored_at: int  #: epoch ms: the opt-out was in the ledger by then
    stage: str = Stage.ALL
    after: str | None = None  #: where the page begins
    recent: int = 0  #: recent ones that are covered, which this pass has seen so far
    shown: int | None = None  #: those that the pass before has seen


def since(stored_at: datetime) -> datetime:
    """Return from when on a notification is recent: what was created before is listed for sure."""
    return stored_at - RECENT


def start_opt_out_job(ports: Ports, place: OptOutCursor, ended: int = 0) -> Job:
    """Begin the job at a place; `ended` notifications were ended by then."""
    return leave(ports, JobKind.OPT_OUT, {}, place=asdict(place), counts={"opted_out": ended})


def start_where_waiting(ports: Ports, opt_outs: Iterable[OptOut]) -> list[Job]:
    """Begin a job for each user of whom something may wait; the opt-outs must be stored."""
    modules = {each.name: each for each in ports.modules.all()}
    return [
        start_opt_out_job(ports, OptOutCursor(user=each.user, stored_at=to_epoch_ms(ports.clock())))
        for each in opt_outs
        if _may_wait(ports, each, modules)
    ]


def _may_wait(ports: Ports, opt_out: OptOut, modules: Mapping[str, Module]) -> bool:
    page = ports.notifications.list_by_user(opt_out.user, FIRST_LOOK)
    covered = covered_of(opt_out, modules, page.items)
    may_go = any(each.is_waiting or each.status is Status.SENDING for each in covered)
    return may_go or page.next is not None


def step(ports: Ports, job: Job) -> Job:
    """Read the next page, and end what is covered."""
    place = OptOutCursor(**job.place)
    opt_out = ports.opt_outs.get([place.user]).get(place.user)
    if opt_out is None:  # the user was erased
        return job.done(ports.clock(), {})
    page = ports.notifications.list_by_user(place.user, PAGE, place.after)
    modules = {each.name: each for each in ports.modules.all()}
    result = end_covered(ports, opt_out, modules, page.items)
    now, counts = ports.clock(), {"opted_out": result.ended}
    if result.moving:
        return job.advanced(now, job.place, counts, now + LOOK_AGAIN)
    first = since(from_epoch_ms(place.stored_at))
    recent = place.recent + sum(each.created_at >= first for each in result.covered)
    if not _is_last(place, page.next, [each.created_at for each in page.items]):
        return job.advanced(now, asdict(replace(place, after=page.next, recent=recent)), counts)
    if place.stage == Stage.ALL:
        again = replace(place, stage=Stage.RECENT, after=None, recent=0)
        return job.advanced(now, asdict(again), counts)
    if recent == place.shown:
        return job.done(now, counts)
    again = replace(place, after=None, recent=0, shown=recent)
    return job.advanced(now, asdict(again), counts, now + INDEX_LAG)


def _is_last(place: OptOutCursor, following: str | None, created: Iterable[datetime]) -> bool:
    """Whether a pass ends with this page."""
    if following is None:
        return True
    first = since(from_epoch_ms(place.stored_at))
    return place.stage == Stage.RECENT and any(each < first for each in created)
