"""Retry failed notifications: by id, or by target, error code and time.

The checks are those before each send, and they are repeated then. Each write is conditional on the
state that was read, so a notification that is being sent or was sent is not sent twice. The due
times limit the rate: the n-th notification is due n / rate after the start of the job, and the
dispatcher enqueues it.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from notification_core.domain.addresses import find_target, is_id
from notification_core.domain.clock import to_epoch_ms
from notification_core.domain.errors import InvalidInput
from notification_core.domain.jobs import Job, JobKind
from notification_core.domain.notification import Notification
from notification_core.domain.paging import FailureEntry
from notification_core.domain.redrive import (
    USUAL,
    FailureCursor,
    Filter,
    RedriveParameters,
    SkipReason,
    skipped,
)
from notification_core.domain.status import FAILED, Status
from notification_core.domain.transitions import Transition
from notification_core.ports import HasNotifications, HasOptOuts, HasRecords, HasTargets
from notification_core.usecases.administration.jobs import JobPorts, start_job
from notification_core.usecases.sending.enqueue import EnqueuePorts, enqueue_if_soon
from notification_core.usecases.sending.shards import ShardPorts, shards_by_module

#: The number of notifications in one step.
STEP = 100

MAX_IDS = 1000
DEFAULT_PER_SECOND = 50.0
DEFAULT_ATTEMPTS = 3

#: The counters of a step, in addition to the values of `SkipReason`.
FOUND, REDRIVEN, UNKNOWN_ID, MOVED = "found", "redriven", "unknown_id", "moved"


class RedrivePorts(
    EnqueuePorts,
    JobPorts,
    ShardPorts,
    HasNotifications,
    HasOptOuts,
    HasRecords,
    HasTargets,
    Protocol,
):
    """The ports that these use cases need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Redrive:
    """A request to retry notifications, by ids or by a filter."""

    ids: Sequence[str] | None = None  #: duplicates are removed
    target: str | None = None  #: by name or id; None for all
    error_code: str | None = None
    statuses: Sequence[Status] | None = None  #: None for statuses that are certainly not sent
    since: datetime | None = None  #: the earliest time of the failure; None for no limit
    until: datetime | None = None  #: the latest time of the failure; None for now
    include_uncertain: bool = False  #: include possibly sent ones: a duplicate is possible
    max_per_second: float = DEFAULT_PER_SECOND
    max_retries: int = DEFAULT_ATTEMPTS  #: attempts allowed from now on
    dry_run: bool = False


def redrive(ports: RedrivePorts, request: Redrive, by: str = "") -> Job:
    """Start a redrive and return its job; `by` is who starts it (`domain/attribution.py`).

    Raises:
        UnknownTarget: there is no such target.
        InvalidInput: neither ids nor a filter, or a status that is not a failure.
        Unavailable: no job was started.
    """
    now = ports.clock()
    # Notifications that fail from now on may have been redriven by this job.
    until = min(request.until or now, now)
    parameters = RedriveParameters(
        ids=list(dict.fromkeys(request.ids)) if request.ids is not None else None,
        target=find_target(ports.targets.all(), request.target).id if request.target else None,
        error_code=request.error_code,
        statuses=[status.value for status in _statuses(request)],
        since=to_epoch_ms(request.since) if request.since else 0,
        until=to_epoch_ms(until),
        include_uncertain=request.include_uncertain,
        max_per_second=request.max_per_second,
        max_retries=request.max_retries,
    )
    return start_job(
        ports, JobKind.REDRIVE, asdict(parameters), dry_run=request.dry_run, started_by=by
    )


def _statuses(request: Redrive) -> list[Status]:
    if request.statuses is None:
        return sorted(FAILED if request.include_uncertain else USUAL)
    others = set(request.statuses) - FAILED
    if others:
        failed = ", ".join(sorted(FAILED))
        raise InvalidInput.of("statuses", f"{min(others)} is not a failure; those are {failed}")
    return sorted(request.statuses)


def step(ports: RedrivePorts, job: Job) -> Job:
    """Redrive the next notifications, or count them."""
    now, parameters = ports.clock(), RedriveParameters(**job.parameters)
    ids, cursor = _next(ports, job, parameters)
    counts = _redrive(ports, job, parameters, ids, now) if ids else Counter[str]()
    return job.done(now, counts) if cursor is None else job.advanced(now, cursor, counts)


def _next(
    ports: RedrivePorts, job: Job, parameters: RedriveParameters
) -> tuple[Sequence[str], Any]:
    """Return the ids of a step, and where the next step begins; None if it is the last."""
    if parameters.ids is not None:
        begin_at = job.cursor or 0
        end = begin_at + STEP
        return parameters.ids[begin_at:end], end if end < len(parameters.ids) else None
    cursor = FailureCursor(*job.cursor) if job.cursor else FailureCursor(0, parameters.until)
    ids, following = _next_failures(ports, parameters, cursor)
    return ids, None if following is None else astuple(following)


def _next_failures(
    ports: RedrivePorts, parameters: RedriveParameters, cursor: FailureCursor
) -> tuple[Sequence[str], FailureCursor | None]:
    """Return the ids of the next entries of the failure index, and the cursor after them."""
    shards = _shards(ports)
    if cursor.shard >= len(shards):
        return [], None
    before = FailureEntry(cursor.at, cursor.id)
    page = ports.notifications.failed(shards[cursor.shard], parameters.since, before, STEP)
    if not page:
        following = FailureCursor(cursor.shard + 1, parameters.until)
        return [], following if following.shard < len(shards) else None
    return [entry.id for entry in page], replace(cursor, at=page[-1].at, id=page[-1].id)


def _shards(ports: RedrivePorts) -> list[str]:
    """Return every shard: a target may have had another module when its notification failed."""
    modules = {module.name for module in ports.modules.all()}
    modules |= {target.notification_module_name for target in ports.targets.all()}
    by_module = shards_by_module(ports, sorted(modules))
    return [shard for shards in by_module.values() for shard in shards]


def _redrive(
    ports: RedrivePorts,
    job: Job,
    parameters: RedriveParameters,
    ids: Sequence[str],
    now: datetime,
) -> Counter[str]:
    looked_up = ports.notifications.get([id_ for id_ in ids if is_id(id_)])
    stored = [notification for notification in looked_up if notification]
    note = f"by job {job.id}"
    # A failed or interrupted step is repeated: what it had redriven is counted only now.
    earlier = [before for before in stored if any(e.detail == note for e in before.timeline)]
    selection = _filter(parameters)
    selected = [n for n in stored if n not in earlier and selection.matches(n)]
    counts = Counter({FOUND: len(selected) + len(earlier), REDRIVEN: len(earlier)})
    if parameters.ids is not None:
        counts[UNKNOWN_ID] = len(ids) - len(stored)
        counts[SkipReason.NOT_FAILED] = len(stored) - len(selected) - len(earlier)
    ready = _without_skipped(ports, selected, parameters, counts, now)
    if job.dry_run:
        return counts + Counter({REDRIVEN: len(ready)})
    already = job.counts.get(REDRIVEN, 0)
    transitions = [
        Transition(before, before.redriven(now, due, parameters.max_retries, note, job.started_by))
        for number, before in enumerate(ready, already)
        for due in [_due(job, parameters.max_per_second, number, now)]
    ]
    results = ports.notifications.advance(transitions) if transitions else []
    redriven = [
        transition.after for transition, ok in zip(transitions, results, strict=True) if ok is True
    ]
    enqueue_if_soon(ports, redriven)
    for unanswered in (result for result in results if isinstance(result, Exception)):
        raise unanswered  # the step is repeated
    return counts + Counter({REDRIVEN: len(redriven), MOVED: len(transitions) - len(redriven)})


def _without_skipped(
    ports: RedrivePorts,
    selected: list[Notification],
    parameters: RedriveParameters,
    counts: Counter[str],
    now: datetime,
) -> list[Notification]:
    """Return the notifications that current consent, address and expiry allow; count the others."""
    if not selected:
        return []
    opt_outs = ports.opt_outs.get({notification.user for notification in selected})
    records = ports.records.get({notification.target_user_record for notification in selected})
    modules = {module.name: module for module in ports.modules.all()}
    ready = []
    for notification in selected:
        reason = skipped(
            notification,
            opt_outs.get(notification.user),
            records.get(notification.target_user_record),
            modules.get(notification.module),
            now,
            include_uncertain=parameters.include_uncertain,
        )
        if reason is None:
            ready.append(notification)
        else:
            counts[reason] += 1
    return ready


def _filter(parameters: RedriveParameters) -> Filter:
    # Notifications that were named by id are selected in any status; `skipped` counts the reason.
    named = parameters.ids is not None
    return Filter(
        target=parameters.target,
        error_code=parameters.error_code,
        statuses=frozenset() if named else frozenset(map(Status, parameters.statuses)),
    )


def _due(job: Job, per_second: float, number: int, now: datetime) -> datetime:
    return max(now, job.created_at + timedelta(seconds=number / per_second))
