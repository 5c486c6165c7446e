"""Start background jobs, and run them step by step.

Each completed step is stored, so an interrupted job continues where it stopped. Two workers on one
job are harmless, because a step can be repeated safely and only one worker can store it.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from math import ceil
from typing import Any, Protocol, TypeVar
from uuid import uuid4

from notification_core.domain.addresses import is_id
from notification_core.domain.attribution import MAX_BY
from notification_core.domain.errors import NotFound, Unavailable
from notification_core.domain.jobs import KEPT, Job, JobKind, JobState
from notification_core.domain.paging import Page
from notification_core.domain.timing import MAX_DELAY
from notification_core.ports import HasClock, HasJobs, HasModules, HasQueues, HasTargets
from notification_core.usecases.monthly import list_months

logger = logging.getLogger(__name__)


class JobPorts(HasClock, HasJobs, HasQueues, Protocol):
    """The ports that start a job and continue it."""


class CachedPorts(HasModules, HasTargets, Protocol):
    """The ports whose reads are cached."""


class WorkerPorts(JobPorts, CachedPorts, Protocol):
    """The ports of a worker; the steps of its jobs use more."""


AnyWorkerPorts = TypeVar("AnyWorkerPorts", bound=WorkerPorts)
AnyCachedPorts = TypeVar("AnyCachedPorts", bound=CachedPorts)

#: Runs the next step of a job and returns the job after it.
Step = Callable[[AnyWorkerPorts, Job], Job]


def start_job(
    ports: JobPorts,
    kind: JobKind,
    parameters: Mapping[str, Any],
    *,
    cursor: Any = None,
    dry_run: bool = False,
    started_by: str = "",
) -> Job:
    """Store and enqueue a job; `parameters` is kept after its end, `cursor` is not.

    `started_by` is who asks for it (`domain/attribution.py`).

    Raises:
        Unavailable: the queue does not answer; no job was started.
    """
    job = _put(
        ports, kind, parameters, cursor=cursor, dry_run=dry_run, started_by=started_by[:MAX_BY]
    )
    if not ports.queues.enqueue_job(job.id):
        give_up(ports, job.id, "it could not be started")
        raise Unavailable
    return job


def leave(
    ports: JobPorts,
    kind: JobKind,
    parameters: Mapping[str, Any],
    *,
    cursor: Any,
    counts: Mapping[str, int],
    started_by: str = "",
) -> Job:
    """Store a job that no caller would request again; `counts` is the work done so far.

    If the queue does not accept its message, the job is enqueued later as a stalled job.
    """
    job = _put(ports, kind, parameters, cursor=cursor, counts=counts, started_by=started_by)
    if not ports.queues.enqueue_job(job.id):
        logger.warning("job %s starts late", job.id)
    return job


def _put(ports: JobPorts, kind: JobKind, parameters: Mapping[str, Any], **fields: Any) -> Job:
    now = ports.clock()
    job = Job(
        id=str(uuid4()), kind=kind, parameters=parameters, created_at=now, updated_at=now, **fields
    )
    ports.jobs.put(job)
    return job


def get_job(ports: JobPorts, job_id: str) -> Job:
    """Return a job; a stalled job is enqueued again.

    Raises:
        NotFound: there is no job with this id.
    """
    job = ports.jobs.get(job_id) if is_id(job_id) else None
    if job is None:
        raise NotFound(f"there is no job {job_id}")
    _wake(ports, job)
    return job


def list_jobs(ports: JobPorts, limit: int, before: str | None = None) -> Page[Job]:
    """Return a page of all jobs, the latest first; `next` is for `before`.

    Raises:
        InvalidInput: `before` is not a token of this listing.
    """
    return list_months(ports.jobs.list_month, limit, before, ports.clock(), KEPT)


def wake_stalled(ports: JobPorts) -> list[str]:
    """Enqueue stalled jobs again; return their ids."""
    stalled = [ports.jobs.get(job_id) for job_id in ports.jobs.stalled(ports.clock())]
    return [job.id for job in stalled if job is not None and _wake(ports, job)]


def _wake(ports: JobPorts, job: Job) -> bool:
    """Enqueue a job again if it has stalled."""
    now = ports.clock()
    if not job.is_stalled(now):
        return False
    # It is stored first, so that a concurrent or slightly later call does not wake it too.
    woken = job.advanced(now, job.cursor, {}, job.not_before)
    if not (ports.jobs.put(woken) and ports.queues.enqueue_job(job.id)):
        return False
    logger.warning("job %s had stalled", job.id)
    return True


def work(
    ports: AnyWorkerPorts,
    job_id: str,
    steps: Mapping[JobKind, Step[AnyWorkerPorts]],
    out_of_time: Callable[[], bool],
) -> Job | None:
    """Run steps of a job until it ends, must wait, another worker has it, or time runs out.

    A job that must wait, or whose time ran out, is enqueued again.

    Raises:
        Unavailable: the queue does not answer; the current message must be delivered again.
    """
    job, ports = ports.jobs.get(job_id), with_read_cache(ports)
    while job is not None and job.state is JobState.RUNNING:
        wait = min(job.wait(ports.clock()), MAX_DELAY)
        if wait or out_of_time():
            if not ports.queues.enqueue_job(job.id, ceil(wait.total_seconds())):
                raise Unavailable
            return job
        if not ports.jobs.put(steps[job.kind](ports, job)):
            logger.warning("another worker is processing job %s", job_id)
            return job
        job = ports.jobs.get(job_id)
    return job


def with_read_cache(ports: AnyCachedPorts) -> AnyCachedPorts:
    """Return the ports with a read cache, for one run of a worker of less than a minute.

    Targets, modules and their shards are read once, and not in each step.
    """
    all_ports: Any = ports  # the whole `Ports`, whatever the caller may use
    cached: AnyCachedPorts = replace(
        all_ports,
        targets=_ReadOnce(ports.targets, "all"),
        modules=_ReadOnce(ports.modules, "all", "progress"),
    )
    return cached


class _ReadOnce:
    """A store that caches the results of some methods without arguments."""

    def __init__(self, store: Any, *methods: str) -> None:
        self._store = store
        self._kept = {method: cache(getattr(store, method)) for method in methods}

    def __getattr__(self, method: str) -> Any:
        return self._kept.get(method) or getattr(self._store, method)


def give_up(ports: JobPorts, job_id: str, error: str) -> Job | None:
    """Mark a job as failed if it is still running; its completed steps are not undone."""
    job = ports.jobs.get(job_id) if is_id(job_id) else None
    if job is None or job.state is not JobState.RUNNING:
        return None
    failed = job.failed(ports.clock(), error)
    return failed if ports.jobs.put(failed) else None
