"""The job that ends the covered notifications of a user with more than a request may read.

The job reads the user's notifications page by page, the newest first, and ends those that are
waiting and covered. It does not leave a page while a notification on it may still be sent. Then it
reads the recent notifications until two passes, `INDEX_LAG` apart, show the same. The end of the
job therefore means the same as status 200 for an opt-out: no more messages are sent. Every step can
be repeated safely.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from notification_core.domain.attribution import of_ledger
from notification_core.domain.clock import from_epoch_ms, to_epoch_ms
from notification_core.domain.consent import OptOut
from notification_core.domain.jobs import Job, JobKind
from notification_core.domain.modules import Module
from notification_core.domain.status import Status
from notification_core.domain.timing import CLOCK_SKEW, INDEX_LAG, REQUEST_TIME_LIMIT
from notification_core.ports import HasModules, HasNotifications, HasOptOuts
from notification_core.usecases.administration.jobs import JobPorts, leave
from notification_core.usecases.consent.covered import CoveredPorts, covered_of, end_covered

#: The number of notifications on one page, which is also one step.
PAGE = 100

#: The number of notifications that are read to check whether a user needs a job.
FIRST_LOOK = 25

#: The age below which a notification counts as recent. A notification that a listing may not show
#: yet was stored within the index lag, by a request that had started, and set the creation time, at
#: most a request's time limit before that.
RECENT = REQUEST_TIME_LIMIT + INDEX_LAG + CLOCK_SKEW

#: The wait before a page with notifications that may still be sent is read again.
LOOK_AGAIN = timedelta(seconds=1)


class OptOutJobPorts(CoveredPorts, JobPorts, HasModules, HasOptOuts, Protocol):
    """The ports that these use cases need."""


class Stage(StrEnum):
    """The notifications that a step reads."""

    ALL = "all"
    RECENT = "recent"  #: again, those that the listing may not have shown before


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOutCursor:
    """The progress of the job. It is the only part of the job that contains the user id."""

    user: str
    stored_at: int  #: epoch ms: the opt-out was in the ledger by then
    stage: str = Stage.ALL
    after: str | None = None  #: where the page begins
    recent: int = 0  #: covered, recent notifications that this pass has seen so far
    shown: int | None = None  #: the number that the previous pass has seen


def since(stored_at: datetime) -> datetime:
    """Return the time from which notifications are recent; the listing shows all older ones."""
    return stored_at - RECENT


def start_opt_out_job(
    ports: OptOutJobPorts, cursor: OptOutCursor, opt_out: OptOut, ended: int = 0
) -> Job:
    """Start the job at a cursor; `ended` is the number of notifications ended so far."""
    return leave(
        ports,
        JobKind.OPT_OUT,
        {},
        cursor=asdict(cursor),
        counts={"opted_out": ended},
        started_by=of_ledger(opt_out),
    )


def start_where_waiting(ports: OptOutJobPorts, opt_outs: Iterable[OptOut]) -> list[Job]:
    """Start a job for each user who may have waiting notifications; the opt-outs must be stored."""
    modules = {module.name: module for module in ports.modules.all()}
    return [
        start_opt_out_job(
            ports, OptOutCursor(user=opt_out.user, stored_at=to_epoch_ms(ports.clock())), opt_out
        )
        for opt_out in opt_outs
        if _may_wait(ports, opt_out, modules)
    ]


def _may_wait(ports: HasNotifications, opt_out: OptOut, modules: Mapping[str, Module]) -> bool:
    page = ports.notifications.list_by_user(opt_out.user, FIRST_LOOK)
    covered = covered_of(opt_out, modules, page.items)
    may_go = any(
        notification.is_waiting or notification.status is Status.SENDING for notification in covered
    )
    return may_go or page.next is not None


def step(ports: OptOutJobPorts, job: Job) -> Job:
    """Read the next page, and end its covered notifications."""
    cursor = OptOutCursor(**job.cursor)
    opt_out = ports.opt_outs.get([cursor.user]).get(cursor.user)
    if opt_out is None:  # the user was erased
        return job.done(ports.clock(), {})
    page = ports.notifications.list_by_user(cursor.user, PAGE, cursor.after)
    modules = {module.name: module for module in ports.modules.all()}
    result = end_covered(ports, opt_out, modules, page.items)
    now, counts = ports.clock(), {"opted_out": result.ended}
    if result.moving:
        return job.advanced(now, job.cursor, counts, now + LOOK_AGAIN)
    first = since(from_epoch_ms(cursor.stored_at))
    recent = cursor.recent + sum(covered.created_at >= first for covered in result.covered)
    if not _is_last(cursor, page.next, [listed.created_at for listed in page.items]):
        return job.advanced(now, asdict(replace(cursor, after=page.next, recent=recent)), counts)
    if cursor.stage == Stage.ALL:
        again = replace(cursor, stage=Stage.RECENT, after=None, recent=0)
        return job.advanced(now, asdict(again), counts)
    if recent == cursor.shown:
        return job.done(now, counts)
    again = replace(cursor, after=None, recent=0, shown=recent)
    return job.advanced(now, asdict(again), counts, now + INDEX_LAG)


def _is_last(cursor: OptOutCursor, following: str | None, created: Iterable[datetime]) -> bool:
    """Whether a pass ends with this page."""
    if following is None:
        return True
    first = since(from_epoch_ms(cursor.stored_at))
    return cursor.stage == Stage.RECENT and any(created_at < first for created_at in created)
