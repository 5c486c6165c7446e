"""Erase a person: addresses, notifications, large contents, settings, and last the opt-out.

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
from notification_core.domain.consent import ConsentSource, OptOut
from notification_core.domain.consent_scopes import EVERYTHING
from notification_core.domain.erasure import (
    ErasureCursor,
    ErasureParameters,
    in_progress,
    may_be_polled,
    released_at,
)
from notification_core.domain.jobs import Job, JobKind
from notification_core.domain.timing import (
    CONSUMER_TIME_LIMIT,
    LONGEST_INDEX_LAG,
    REQUEST_TIME_LIMIT,
)
from notification_core.domain.user_settings import UserSettings
from notification_core.ports import HasClock, HasContents, HasUserSettings
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


class ErasurePorts(SuppressionPorts, HasContents, HasUserSettings, Protocol):
    """The ports that these use cases need."""


class Stage(StrEnum):
    """The kind of data that a step erases."""

    RECORDS = "records"
    NOTIFICATIONS = "notifications"
    CONTENTS = "contents"
    OPT_OUT = "opt-out"


def erase(ports: ErasurePorts, user: str, by: str = "") -> Job:
    """Start to erase a person; return the job. `by` is who starts it (`domain/attribution.py`).

    Raises:
        InvalidInput: `user` is not a valid user id.
        Unavailable: no job was started.
    """
    check_text("user", user, MAX_USER)
    parameters = ErasureParameters(user=user_hashes(ports, user)[0])
    cursor = ErasureCursor(user=user, stage=Stage.RECORDS)
    return start_job(
        ports, JobKind.ERASURE, asdict(parameters), cursor=asdict(cursor), started_by=by
    )


def step(ports: ErasurePorts, job: Job) -> Job:
    """Do the next step of an erasure."""
    cursor = ErasureCursor(**job.cursor)
    return _STEPS[Stage(cursor.stage)](ports, job, cursor)


def _records(ports: ErasurePorts, job: Job, cursor: ErasureCursor) -> Job:
    opt_out = append_entry(
        ports, cursor.user, [EVERYTHING], active=True, source=ConsentSource.ERASURE, evidence=job.id
    )
    records = ports.records.list_by_user(cursor.user)[:PAGE]
    suppress(ports, opt_out, [record.target_user_id for record in records], job.id)
    for record in records:
        ports.records.remove(record)
    if records:  # a request may have read them just now
        cursor = replace(cursor.moved(Stage.RECORDS, found_data=True), closed_at=None)
        return _advanced(ports, job, cursor, {"records": len(records)})
    cursor = cursor.moved(Stage.NOTIFICATIONS)
    if cursor.closed_at is None:
        cursor = replace(cursor, closed_at=to_epoch_ms(ports.clock()))
    return _advanced(ports, job, cursor)


def _notifications(ports: ErasurePorts, job: Job, cursor: ErasureCursor) -> Job:
    now, closed_at = ports.clock(), from_epoch_ms(cursor.closed_at or 0)
    page = ports.notifications.list_by_user(cursor.user, PAGE, cursor.after)
    held = [stored for stored in page.items if in_progress(stored, closed_at, now)]
    free = [stored for stored in page.items if stored not in held]
    results = ports.notifications.remove(free) if free else []
    for failed in (result for result in results if isinstance(result, Exception)):
        raise failed  # the step is repeated
    counts = {"notifications": sum(result is True for result in results)}
    released = [to_epoch_ms(released_at(notification, closed_at)) for notification in held]
    cursor = cursor.moved(Stage.NOTIFICATIONS, found_data=bool(page.items), after=page.next)
    cursor = replace(cursor, held_until=max([cursor.held_until, *released]))
    # A consumer may have read a notification just before it was removed, and may poll it now.
    if any(may_be_polled(notification) for notification in free):
        cursor = replace(cursor, asked_until=to_epoch_ms(ports.clock() + CONSUMER_TIME_LIMIT))
    if page.next is not None:
        return _advanced(ports, job, cursor, counts)
    settled_at = closed_at + SETTLED
    if cursor.clean and now >= settled_at:
        return _advanced(ports, job, cursor.moved(Stage.CONTENTS), counts)
    again = replace(cursor.moved(Stage.RECORDS), clean=True, held_until=0)
    # By `settled_at`, consumers have released the notifications in progress, unless a consumer
    # crashed. Only then does the job wait for the lease, because an earlier pass would be useless.
    later = max(now, from_epoch_ms(cursor.held_until)) + PAUSE
    not_before = settled_at if now < settled_at else later
    not_before = max(not_before, from_epoch_ms(cursor.asked_until))
    return _advanced(ports, job, again, counts, not_before)


def _contents(ports: ErasurePorts, job: Job, cursor: ErasureCursor) -> Job:
    """Remove large contents after all notifications that refer to them are removed."""
    count = ports.contents.delete_batch(cursor.user)
    following = cursor if count else cursor.moved(Stage.OPT_OUT)
    return _advanced(ports, job, following, {"contents": count})


def _opt_out(ports: ErasurePorts, job: Job, cursor: ErasureCursor) -> Job:
    """Remove the settings, and last the opt-out, which rejects new settings until then.

    Every request that began before the erasure has ended, so it cannot store settings any more.
    """
    now = ports.clock()
    settings = ports.user_settings.get([cursor.user])
    if settings:
        ports.user_settings.put(UserSettings(user=cursor.user))
    opt_out = ports.opt_outs.get([cursor.user]).get(cursor.user) or OptOut.begun(cursor.user, now)
    suppress(ports, opt_out, [], job.id)  # the user may have opted out since
    if not ports.opt_outs.remove(opt_out):
        return _advanced(ports, job, cursor)
    has_entries = any(entry.source is not ConsentSource.ERASURE for entry in opt_out.entries)
    return job.done(now, {"settings": len(settings), "opt_outs": int(has_entries)})


def _advanced(
    ports: HasClock,
    job: Job,
    cursor: ErasureCursor,
    counts: Mapping[str, int] | None = None,
    not_before: datetime | None = None,
) -> Job:
    return job.advanced(ports.clock(), asdict(cursor), counts or {}, not_before)


_STEPS: Mapping[Stage, Callable[[ErasurePorts, Job, ErasureCursor], Job]] = {
    Stage.RECORDS: _records,
    Stage.NOTIFICATIONS: _notifications,
    Stage.CONTENTS: _contents,
    Stage.OPT_OUT: _opt_out,
}
