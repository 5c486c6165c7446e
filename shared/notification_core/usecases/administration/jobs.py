"""Begin work that takes longer than a request, and do it step by step in the background.

A step is stored when it is done, so work that was cut off goes on where it was; two workers on one
job are harmless, for a step may be done twice, and only one of them can store it.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from math import ceil
from typing import Any
from uuid import uuid4

from notification_core.domain.addresses import is_id
from notification_core.domain.errors import NotFound, Unavailable
from notification_core.domain.jobs import Job, JobKind, JobState
from notification_core.domain.timing import MAX_DELAY
from notification_core.ports import Ports

logger = logging.getLogger(__name__)

#: Does the next step of a job; returns the job as it stands then.
Step = Callable[[Ports, Job], Job]


def start_job(
    ports: Ports,
    kind: JobKind,
    asked: Mapping[str, Any],
    *,
    place: Any = None,
    dry_run: bool = False,
) -> Job:
    """Put a job down to be worked on; `asked` is kept after its end, `place` is not.

    Raises:
        Unavailable: the queue does not answer; nothing was begun.
    """
    job = _put(ports, kind, asked, place=place, dry_run=dry_run)
    if not ports.queues.enqueue_job(job.id):
        give_up(ports, job.id, "it could not be begun")
        raise Unavailable
    return job


def leave(
    ports: Ports, kind: JobKind, asked: Mapping[str, Any], *, place: Any, counts: Mapping[str, int]
) -> Job:
    """Put a job down that nobody would ask for again; `counts` is what was done of it by then.

    Where the queue does not take its message, it is woken as one that has stalled.
    """
    job = _put(ports, kind, asked, place=place, counts=counts)
    if not ports.queues.enqueue_job(job.id):
        logger.warning("job %s begins late", job.id)
    return job


def _put(ports: Ports, kind: JobKind, asked: Mapping[str, Any], **more: Any) -> Job:
    now = ports.clock()
    job = Job(id=str(uuid4()), kind=kind, asked=asked, created_at=now, updated_at=now, **more)
    ports.jobs.put(job)
    return job


def get_job(ports: Ports, job_id: str) -> Job:
    """Return a job; one that has stalled is put on the queue again.

    Raises:
        NotFound: there is none with this id.
    """
    found = ports.jobs.get(job_id) if is_id(job_id) else None
    if found is None:
        raise NotFound(f"there is no job {job_id}")
    _wake(ports, found)
    return found


def wake_stalled(ports: Ports) -> list[str]:
    """Put the jobs that have stalled on the queue again; return their ids."""
    found = [ports.jobs.get(each) for each in ports.jobs.stalled(ports.clock())]
    return [job.id for job in found if job is not None and _wake(ports, job)]


def _wake(ports: Ports, job: Job) -> bool:
    """Put a job on the queue again if it has stalled."""
    now = ports.clock()
    if not job.is_stalled(now):
        return False
    # Stored first: who looks at the same time, or a moment later, does not wake it too.
    woken = job.advanced(now, job.place, {}, job.not_before)
    if not (ports.jobs.put(woken) and ports.queues.enqueue_job(job.id)):
        return False
    logger.warning("job %s had stalled", job.id)
    return True


def work(
    ports: Ports, job_id: str, steps: Mapping[JobKind, Step], out_of_time: Callable[[], bool]
) -> Job | None:
    """Do steps of a job until it ends, has to wait, another worker has it, or time runs out.

    What waits, or time ran out for, is put on the queue again.

    Raises:
        Unavailable: the queue does not answer; the message at hand must be handed over again.
    """
    job, ports = ports.jobs.get(job_id), with_read_cache(ports)
    while job is not None and job.state is JobState.RUNNING:
        wait = min(job.wait(ports.clock()), MAX_DELAY)
        if wait or out_of_time():
            if not ports.queues.enqueue_job(job.id, ceil(wait.total_seconds())):
                raise Unavailable
            return job
        if not ports.jobs.put(steps[job.kind](ports, job)):
            logger.warning("another worker is at job %s", job_id)
            return job
        job = ports.jobs.get(job_id)
    return job


def with_read_cache(ports: Ports) -> Ports:
    """Return the ports for one run of a worker, which is shorter than a minute.

    Targets, modules and their shards are read once, and not in each step.
    """
    targets: Any = _ReadOnce(ports.targets, "all")
    modules: Any = _ReadOnce(ports.modules, "all", "progress")
    return replace(ports, targets=targets, modules=modules)


class _ReadOnce:
    """A store of which some methods, which take no arguments, are asked once."""

    def __init__(self, store: Any, *methods: str) -> None:
        self._store = store
        self._kept = {method: cache(getattr(store, method)) for method in methods}

    def __getattr__(self, method: str) -> Any:
        return self._kept.get(method) or getattr(self._store, method)


def give_up(ports: Ports, job_id: str, error: str) -> Job | None:
    """Mark a job as failed, if it still runs; what it had done by then stays done."""
    job = ports.jobs.get(job_id) if is_id(job_id) else None
    if job is None or job.state is not JobState.RUNNING:
        return None
    failed = job.failed(ports.clock(), error)
    return failed if ports.jobs.put(failed) else None
