"""Erase a person, step by step: addresses, notifications, large contents, and last the opt-out.

First nothing new can come: an opt-out of everything stands in the ledger, which refuses to register
addresses, and those that there are go. Then pass after pass goes over the user's notifications,
until one finds nothing that begins when everything has ended that was under way before. Every step
may be done twice.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from enum import StrEnum

from notification_core.domain.addresses import MAX_USER, check_text
from notification_core.domain.clock import from_epoch_ms, to_epoch_ms
from notification_core.domain.consent import EVERYTHING, ConsentSource, OptOut
from notification_core.domain.erasure import ErasureCursor, in_progress, may_be_polled, released_at
from notification_core.domain.jobs import Job, JobKind
from notification_core.domain.timing import (
    CONSUMER_TIME_LIMIT,
    LONGEST_INDEX_LAG,
    REQUEST_TIME_LIMIT,
)
from notification_core.ports import Ports
from notification_core.usecases.administration.jobs import start_job
from notification_core.usecases.consent.opt_out import append_entry
from notification_core.usecases.consent.suppression import suppress, user_hashes

#: Records, or notifications, of one step.
PAGE = 100

#: How long after the ways were closed the last pass begins: every request that was under way has
#: ended, and the index by user shows what it stored.
SETTLED = REQUEST_TIME_LIMIT + timedelta(seconds=1) + LONGEST_INDEX_LAG
#: Between two passes beyond that.
PAUSE = timedelta(seconds=2)


class Stage(StrEnum):
    """What a step is about."""

    RECORDS = "records"
    NOTIFICATIONS = "notifications"
    CONTENTS = "contents"
    OPT_OUT = "opt-out"


def erase(ports: Ports, user: str) -> Job:
    """Begin to erase a person; returns the job.

    Raises:
        InvalidInput: this is no user id.
        Unavailable: nothing was begun.
    """
    check_text("user", user, MAX_USER)
    asked = {"user": user_hashes(ports, user)[0]}
    place = ErasureCursor(user=user, stage=Stage.RECORDS)
    return start_job(ports, JobKind.ERASURE, asked, place=asdict(place))


def step(ports: Ports, job: Job) -> Job:
    """Do the next step of an erasure."""
    place = ErasureCursor(**job.place)
    return _STEPS[Stage(place.stage)](ports, job, place)


def _records(ports: Ports, job: Job, place: ErasureCursor) -> Job:
    opt_out = append_entry(
        ports, place.user, [EVERYTHING], active=True, source=ConsentSource.ERASURE, evidence=job.id
    )
    found = ports.records.list_by_user(place.user)[:PAGE]
    suppress(ports, opt_out, [each.target_user_id for each in found], job.id)
    for each in found:
        ports.records.remove(each)
    if found:  # a request may have read them just now
        place = replace(place.moved(Stage.RECORDS, found_data=True), closed_at=None)
        return _went_on(ports, job, place, {"records": len(found)})
    place = place.moved(Stage.NOTIFICATIONS)
    if place.closed_at is None:
        place = replace(place, closed_at=to_epoch_ms(ports.clock()))
    return _went_on(ports, job, place)


def _notifications(ports: Ports, job: Job, place: ErasureCursor) -> Job:
    now, closed_at = ports.clock(), from_epoch_ms(place.closed_at or 0)
    page = ports.notifications.list_by_user(place.user, PAGE, place.after)
    held = [each for each in page.items if in_progress(each, closed_at, now)]
    free = [each for each in page.items if each not in held]
    results = ports.notifications.remove(free) if free else []
    for failed in (each for each in results if isinstance(each, Exception)):
        raise failed  # the step is done again
    counts = {"notifications": sum(each is True for each in results)}
    released = [to_epoch_ms(released_at(each, closed_at)) for each in held]
    place = place.moved(Stage.NOTIFICATIONS, found_data=bool(page.items), after=page.next)
    place = replace(place, held_until=max([place.held_until, *released]))
    if any(may_be_polled(each) for each in free):  # by who read it just before it was removed
        place = replace(place, asked_until=to_epoch_ms(ports.clock() + CONSUMER_TIME_LIMIT))
    if page.next is not None:
        return _went_on(ports, job, place, counts)
    settled_at = closed_at + SETTLED
    if place.clean and now >= settled_at:
        return _went_on(ports, job, place.moved(Stage.CONTENTS), counts)
    again = replace(place.moved(Stage.RECORDS), clean=True, held_until=0)
    # By `settled_at` what is in hand has been let go, unless its consumer died: only then is it
    # worth waiting for the lease, and nothing is gained by looking before it ends.
    later = max(now, from_epoch_ms(place.held_until)) + PAUSE
    not_before = settled_at if now < settled_at else later
    not_before = max(not_before, from_epoch_ms(place.asked_until))
    return _went_on(ports, job, again, counts, not_before)


def _contents(ports: Ports, job: Job, place: ErasureCursor) -> Job:
    """Remove them when nothing that can be read refers to them any more."""
    count = ports.contents.delete_batch(place.user)
    following = place if count else place.moved(Stage.OPT_OUT)
    return _went_on(ports, job, following, {"contents": count})


def _opt_out(ports: Ports, job: Job, place: ErasureCursor) -> Job:
    now = ports.clock()
    opt_out = ports.opt_outs.get([place.user]).get(place.user) or OptOut.begun(place.user, now)
    suppress(ports, opt_out, [], job.id)  # a no may have come since
    if not ports.opt_outs.remove(opt_out):
        return _went_on(ports, job, place)
    said = any(each.source is not ConsentSource.ERASURE for each in opt_out.entries)
    return job.done(now, {"opt_outs": int(said)})


def _went_on(
    ports: Ports,
    job: Job,
    place: ErasureCursor,
    counts: Mapping[str, int] | None = None,
    not_before: datetime | None = None,
) -> Job:
    return job.advanced(ports.clock(), asdict(place), counts or {}, not_before)


_STEPS: Mapping[Stage, Callable[[Ports, Job, ErasureCursor], Job]] = {
    Stage.RECORDS: _records,
    Stage.NOTIFICATIONS: _notifications,
    Stage.CONTENTS: _contents,
    Stage.OPT_OUT: _opt_out,
}
