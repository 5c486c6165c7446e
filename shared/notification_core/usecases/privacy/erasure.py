"""Erase a person, step by step: addresses, notifications, large contents, and last the opt-out.

The first steps prevent new data: an opt-out of everything in the ledger blocks the registration of
addresses, and existing addresses are removed. The job then makes passes over the user's
notifications. The last pass starts after all work that was under way before has ended, and finds no
notifications. Every step can be repeated safely.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

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
from notification_core.ports import HasClock, HasContents
from notification_core.usecases.administration.jobs import start_job
from notification_core.usecases.consent.opt_out import append_entry
from notification_core.usecases.consent.suppression import SuppressionPorts, suppress, user_hashes

#: The number of records or notifications in one step.
PAGE = 100

#: The time between the removal of the last address and the last pass. Every request that was under
#: way has then ended, and the index by user shows the notifications that it stored.
SETTLED = REQUEST_TIME_LIMIT + timedelta(seconds=1) + LONGEST_INDEX_LAG
#: The wait between two passes after that.
PAUSE = timedelta(seconds=2)


class ErasurePorts(SuppressionPorts, HasContents, Protocol):
    """The ports that these use cases need."""


class Stage(StrEnum):
    """The kind of data that a step erases."""

    RECORDS = "records"
    NOTIFICATIONS = "notifications"
    CONTENTS = "contents"
    OPT_OUT = "opt-out"


def erase(ports: ErasurePorts, user: str) -> Job:
    """Start to erase a person; return the job.

    Raises:
        InvalidInput: `user` is not a valid user id.
        Unavailable: no job was started.
    """
    check_text("user", user, MAX_USER)
    parameters = {"user": user_hashes(ports, user)[0]}
    place = ErasureCursor(user=user, stage=Stage.RECORDS)
    return start_job(ports, JobKind.ERASURE, parameters, place=asdict(place))


def step(ports: ErasurePorts, job: Job) -> Job:
    """Do the next step of an erasure."""
    place = ErasureCursor(**job.place)
    return _STEPS[Stage(place.stage)](ports, job, place)


def _records(ports: ErasurePorts, job: Job, place: ErasureCursor) -> Job:
    opt_out = append_entry(
        ports, place.user, [EVERYTHING], active=True, source=ConsentSource.ERASURE, evidence=job.id
    )
    records = ports.records.list_by_user(place.user)[:PAGE]
    suppress(ports, opt_out, [record.target_user_id for record in records], job.id)
    for record in records:
        ports.records.remove(record)
    if records:  # a request may have read them just now
        place = replace(place.moved(Stage.RECORDS, found_data=True), closed_at=None)
        return _advanced(ports, job, place, {"records": len(records)})
    place = place.moved(Stage.NOTIFICATIONS)
    if place.closed_at is None:
        place = replace(place, closed_at=to_epoch_ms(ports.clock()))
    return _advanced(ports, job, place)


def _notifications(ports: ErasurePorts, job: Job, place: ErasureCursor) -> Job:
    now, closed_at = ports.clock(), from_epoch_ms(place.closed_at or 0)
    page = ports.notifications.list_by_user(place.user, PAGE, place.after)
    held = [stored for stored in page.items if in_progress(stored, closed_at, now)]
    free = [stored for stored in page.items if stored not in held]
    results = ports.notifications.remove(free) if free else []
    for failed in (result for result in results if isinstance(result, Exception)):
        raise failed  # the step is repeated
    counts = {"notifications": sum(result is True for result in results)}
    released = [to_epoch_ms(released_at(notification, closed_at)) for notification in held]
    place = place.moved(Stage.NOTIFICATIONS, found_data=bool(page.items), after=page.next)
    place = replace(place, held_until=max([place.held_until, *released]))
    # A consumer may have read a notification just before it was removed, and may poll it now.
    if any(may_be_polled(notification) for notification in free):
        place = replace(place, asked_until=to_epoch_ms(ports.clock() + CONSUMER_TIME_LIMIT))
    if page.next is not None:
        return _advanced(ports, job, place, counts)
    settled_at = closed_at + SETTLED
    if place.clean and now >= settled_at:
        return _advanced(ports, job, place.moved(Stage.CONTENTS), counts)
    again = replace(place.moved(Stage.RECORDS), clean=True, held_until=0)
    # By `settled_at`, consumers have released the notifications in progress, unless a consumer
    # crashed. Only then does the job wait for the lease, because an earlier pass would be useless.
    later = max(now, from_epoch_ms(place.held_until)) + PAUSE
    not_before = settled_at if now < settled_at else later
    not_before = max(not_before, from_epoch_ms(place.asked_until))
    return _advanced(ports, job, again, counts, not_before)


def _contents(ports: ErasurePorts, job: Job, place: ErasureCursor) -> Job:
    """Remove large contents after all notifications that refer to them are removed."""
    count = ports.contents.delete_batch(place.user)
    following = place if count else place.moved(Stage.OPT_OUT)
    return _advanced(ports, job, following, {"contents": count})


def _opt_out(ports: ErasurePorts, job: Job, place: ErasureCursor) -> Job:
    now = ports.clock()
    opt_out = ports.opt_outs.get([place.user]).get(place.user) or OptOut.begun(place.user, now)
    suppress(ports, opt_out, [], job.id)  # the user may have opted out since
    if not ports.opt_outs.remove(opt_out):
        return _advanced(ports, job, place)
    has_entries = any(entry.source is not ConsentSource.ERASURE for entry in opt_out.entries)
    return job.done(now, {"opt_outs": int(has_entries)})


def _advanced(
    ports: HasClock,
    job: Job,
    place: ErasureCursor,
    counts: Mapping[str, int] | None = None,
    not_before: datetime | None = None,
) -> Job:
    return job.advanced(ports.clock(), asdict(place), counts or {}, not_before)


_STEPS: Mapping[Stage, Callable[[ErasurePorts, Job, ErasureCursor], Job]] = {
    Stage.RECORDS: _records,
    Stage.NOTIFICATIONS: _notifications,
    Stage.CONTENTS: _contents,
    Stage.OPT_OUT: _opt_out,
}
