"""Begin work that takes longer than a request, and do it step by step in the background.

A step is stored when it is done, so work that was cut off goes on where it was; two workers on one
job are harmless, for a step may be done twice, and only one of them can store it.
"""

import logging
from collections.abc import Callable, Mapping
from math import ceil
from typing import Any
from uuid import uuid4

from notifications.domain.errors import NotFound, Unavailable
from notifications.domain.jobs import Job, JobKind, JobState
from notifications.domain.recipients import is_id
from notifications.domain.timing import MAX_DELAY
from notifications.ports import Ports

logger = logging.getLogger(__name__)

#: Does the next step of a job; returns the job as it stands then.
Step = Callable[[Ports, Job], Job]


def begin(
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
    now = ports.clock()
    job = Job(
        id=str(uuid4()),
        kind=kind,
        dry_run=dry_run,
        asked=asked,
        place=place,
        created_at=now,
        updated_at=now,
    )
    ports.jobs.put(job)
    if not ports.queues.work_on(job.id):
        give_up(ports, job.id, "it could not be begun")
        raise Unavailable
    return job


def job_of(ports: Ports, job_id: str) -> Job:
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
    woken = job.went_on(now, job.place, {}, job.not_before)
    if not (ports.jobs.put(woken) and ports.queues.work_on(job.id)):
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
    job = ports.jobs.get(job_id)
    while job is not None and job.state is JobState.RUNNING:
        wait = min(job.wait(ports.clock()), MAX_DELAY)
        if wait or out_of_time():
            if not ports.queues.work_on(job.id, ceil(wait.total_seconds())):
                raise Unavailable
            return job
        if not ports.jobs.put(steps[job.kind](ports, job)):
            logger.warning("another worker is at job %s", job_id)
            return job
        job = ports.jobs.get(job_id)
    return job


def give_up(ports: Ports, job_id: str, error: str) -> Job | None:
    """Mark a job as failed, if it still runs; what it had done by then stays done."""
    job = ports.jobs.get(job_id) if is_id(job_id) else None
    if job is None or job.state is not JobState.RUNNING:
        return None
    failed = job.failed(ports.clock(), error)
    return failed if ports.jobs.put(failed) else None
