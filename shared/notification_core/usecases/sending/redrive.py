"""Have failed notifications tried again: by id, or by target, error code and time.

What may go is decided as before each send, and once more then; the write is conditional on what
was read, so nothing that goes or went is sent twice. The rate is kept by the due times: the n-th
is due n / rate after the beginning, and the dispatcher does the rest.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from notification_core.domain.addresses import find_target, is_id
from notification_core.domain.clock import to_epoch_ms
from notification_core.domain.errors import InvalidInput
from notification_core.domain.jobs import Job, JobKind
from notification_core.domain.notification import Notification
from notification_core.domain.redrive import USUAL, Filter, SkipReason, skipped
from notification_core.domain.status import FAILED, Status
from notification_core.ports import Change, FailureEntry, Ports
from notification_core.usecases.administration.jobs import start_job
from notification_core.usecases.sending.enqueue import enqueue_if_soon
from notification_core.usecases.sending.shards import shards_by_module

#: Notifications of one step.
STEP = 100

MAX_IDS = 1000
DEFAULT_PER_SECOND = 50.0
DEFAULT_ATTEMPTS = 3

#: What a step counts beside the reasons of `SkipReason`.
FOUND, REDRIVEN, UNKNOWN_ID, MOVED = "found", "redriven", "unknown_id", "moved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Redrive:
    """What a person asks for: ids, or a filter."""

    ids: Sequence[str] | None = None  #: one that is named twice is meant once
    target: str | None = None  #: by name or id; None for all
    error_code: str | None = None
    statuses: Sequence[Status] | None = None  #: None for those that did not go for certain
    since: datetime | None = None  #: when it failed; None for whenever
    until: datetime | None = None
    include_uncertain: bool = False  #: also what may have gone: a duplicate is possible
    max_per_second: float = DEFAULT_PER_SECOND
    max_retries: int = DEFAULT_ATTEMPTS  #: attempts allowed from now on
    dry_run: bool = False


def redrive(ports: Ports, asked: Redrive) -> Job:
    """Begin a redrive; returns its job.

    Raises:
        UnknownTarget: there is no such target.
        InvalidInput: neither ids nor a filter, or a status that did not fail.
        Unavailable: nothing was begun.
    """
    now = ports.clock()
    until = min(asked.until or now, now)  # what fails from now on may have been redriven by this
    said = {
        "ids": list(dict.fromkeys(asked.ids)) if asked.ids is not None else None,
        "target": find_target(ports.targets.all(), asked.target).id if asked.target else None,
        "error_code": asked.error_code,
        "statuses": [each.value for each in _statuses(asked)],
        "since": to_epoch_ms(asked.since) if asked.since else 0,
        "until": to_epoch_ms(until),
        "include_uncertain": asked.include_uncertain,
        "max_per_second": asked.max_per_second,
        "max_retries": asked.max_retries,
    }
    return start_job(ports, JobKind.REDRIVE, said, dry_run=asked.dry_run)


def _statuses(asked: Redrive) -> list[Status]:
    if asked.statuses is None:
        return sorted(FAILED if asked.include_uncertain else USUAL)
    strange = set(asked.statuses) - FAILED
    if strange:
        failed = ", ".join(sorted(FAILED))
        raise InvalidInput.of("statuses", f"{min(strange)} is no failure; those are {failed}")
    return sorted(asked.statuses)


def step(ports: Ports, job: Job) -> Job:
    """Redrive the next few, or count them."""
    now = ports.clock()
    ids, place = _next(ports, job)
    counts = _redrive(ports, job, ids, now) if ids else Counter[str]()
    return job.done(now, counts) if place is None else job.advanced(now, place, counts)


def _next(ports: Ports, job: Job) -> tuple[list[str], Any]:
    """Return the ids of a step, and where the next one begins; None where there is none."""
    asked = job.asked
    if asked["ids"] is not None:
        begin_at = job.place or 0
        end = begin_at + STEP
        return asked["ids"][begin_at:end], end if end < len(asked["ids"]) else None
    shards = _shards(ports)
    number, at, last = job.place or (0, asked["until"], "")
    if number >= len(shards):
        return [], None
    page = ports.notifications.failed(shards[number], asked["since"], FailureEntry(at, last), STEP)
    if not page:
        following = (number + 1, asked["until"], "")
        return [], following if number + 1 < len(shards) else None
    return [each.id for each in page], (number, page[-1].at, page[-1].id)


def _shards(ports: Ports) -> list[str]:
    """Every shard there is: a target may have had another module when something of it failed."""
    modules = {each.name for each in ports.modules.all()}
    modules |= {each.notification_module_name for each in ports.targets.all()}
    by_module = shards_by_module(ports, sorted(modules))
    return [shard for shards in by_module.values() for shard in shards]


def _redrive(ports: Ports, job: Job, ids: Sequence[str], now: datetime) -> Counter[str]:
    asked = job.asked
    known = [each for each in ports.notifications.get([e for e in ids if is_id(e)]) if each]
    note = f"by job {job.id}"
    # A step that failed, or was cut off, is done again: what it had redriven is counted only now.
    earlier = [each for each in known if any(event.detail == note for event in each.timeline)]
    meant = [each for each in known if each not in earlier and _filter(asked).matches(each)]
    counts = Counter({FOUND: len(meant) + len(earlier), REDRIVEN: len(earlier)})
    if asked["ids"] is not None:
        counts[UNKNOWN_ID] = len(ids) - len(known)
        counts[SkipReason.NOT_FAILED] = len(known) - len(meant) - len(earlier)
    ready = _that_may_go(ports, meant, asked, counts, now)
    if job.dry_run:
        return counts + Counter({REDRIVEN: len(ready)})
    already = job.counts.get(REDRIVEN, 0)
    changes = [
        Change(each, each.redriven(now, due, asked["max_retries"], note))
        for place, each in enumerate(ready, already)
        for due in [_due(job, asked["max_per_second"], place, now)]
    ]
    results = ports.notifications.advance(changes) if changes else []
    gone = [change.after for change, ok in zip(changes, results, strict=True) if ok is True]
    enqueue_if_soon(ports, gone)
    for unanswered in (each for each in results if isinstance(each, Exception)):
        raise unanswered  # the step is done again
    return counts + Counter({REDRIVEN: len(gone), MOVED: len(changes) - len(gone)})


def _that_may_go(
    ports: Ports,
    meant: list[Notification],
    asked: Mapping[str, Any],
    counts: Counter[str],
    now: datetime,
) -> list[Notification]:
    """Read consent, address and expiry as they stand now; count what must not go."""
    if not meant:
        return []
    opt_outs = ports.opt_outs.get({each.user for each in meant})
    records = ports.records.get({each.target_user_record for each in meant})
    modules = {each.name: each for each in ports.modules.all()}
    ready = []
    for each in meant:
        reason = skipped(
            each,
            opt_outs.get(each.user),
            records.get(each.target_user_record),
            modules.get(each.module),
            now,
            include_uncertain=asked["include_uncertain"],
        )
        if reason is None:
            ready.append(each)
        else:
            counts[reason] += 1
    return ready


def _filter(asked: Mapping[str, Any]) -> Filter:
    # Of ids that were named, each is counted for what it is.
    named = asked["ids"] is not None
    return Filter(
        target=asked["target"],
        error_code=asked["error_code"],
        statuses=frozenset() if named else frozenset(map(Status, asked["statuses"])),
    )


def _due(job: Job, per_second: float, place: int, now: datetime) -> datetime:
    return max(now, job.created_at + timedelta(seconds=place / per_second))
