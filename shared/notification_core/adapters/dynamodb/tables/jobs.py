"""Jobs in DynamoDB."""

import json
from collections.abc import Sequence
from datetime import datetime

from pynamodb.pagination import ResultIterator

from notification_core.adapters.dynamodb.models import JobItem
from notification_core.adapters.dynamodb.tables.conversions import with_epochs
from notification_core.adapters.dynamodb.tables.writes import put_if
from notification_core.domain.clock import from_epoch_ms, to_epoch_ms
from notification_core.domain.jobs import KEPT, Job, JobKind, JobState

#: The maximum number of jobs that one query returns.
PAGE = 100

_KINDS = frozenset(kind.value for kind in JobKind)
_STATES = frozenset(state.value for state in JobState)


class DynamoJobs:
    """A JobStore."""

    def put(self, job: Job) -> bool:
        item, first = _item(job), JobItem.id.does_not_exist()
        if put_if(item, JobItem.revision == job.revision if job.revision else first):
            return True
        # The request may have been sent twice, and have succeeded the first time.
        return self.get(job.id) == _job(item)

    def get(self, job_id: str) -> Job | None:
        items = JobItem.batch_get([job_id], consistent_read=True)
        return next((_job(item) for item in items if _is_known(item)), None)

    def stalled(self, now: datetime) -> list[str]:
        long_ago = JobItem.stalled_at < to_epoch_ms(now)
        items = JobItem.running.query(JobState.RUNNING.value, long_ago, limit=PAGE)
        return [item.id for item in items]

    def running(self) -> list[str]:
        items = JobItem.running.query(JobState.RUNNING.value, limit=PAGE)
        return [item.id for item in items]

    def list_month(self, month: str, limit: int, before: str | None = None) -> Sequence[Job]:
        keys: ResultIterator[JobItem] = JobItem.by_month.query(
            month,
            None if before is None else JobItem.position < before,
            scan_index_forward=False,
            limit=limit,
        )
        ids = [key.id for key in keys]
        items = JobItem.batch_get(ids, consistent_read=True)
        jobs = {item.id: _job(item) for item in items if _is_known(item)}
        return [jobs[job_id] for job_id in ids if job_id in jobs]


def _is_known(item: JobItem) -> bool:
    """Whether this version knows the kind and the state of a job; a newer one may have others.

    Such a job is ignored, and continues once the newer version is deployed again.
    """
    return item.kind in _KINDS and item.state in _STATES


def _item(job: Job) -> JobItem:
    return JobItem(
        job.id,
        kind=job.kind.value,
        state=job.state.value,
        dry_run=job.dry_run,
        asked=json.dumps(job.parameters),
        place=json.dumps(job.cursor),
        not_before=_ms(job.not_before),
        stalled_at=_ms(job.stalled_at),
        counts=json.dumps(job.counts),
        error=job.error,
        started_by=job.started_by or None,
        month=job.month,
        position=job.position,
        revision=job.revision + 1,
        expires_at=int((job.updated_at + KEPT).timestamp()),
        **with_epochs({"created_at": job.created_at, "updated_at": job.updated_at}),
    )


def _ms(moment: datetime | None) -> int | None:
    return None if moment is None else to_epoch_ms(moment)


def _job(item: JobItem) -> Job:
    return Job(
        id=item.id,
        kind=JobKind(item.kind),
        state=JobState(item.state),
        dry_run=item.dry_run,
        parameters=json.loads(item.asked),
        cursor=json.loads(item.place),
        not_before=from_epoch_ms(item.not_before) if item.not_before else None,
        counts=json.loads(item.counts),
        error=item.error,
        started_by=item.started_by or "",
        revision=int(item.revision),
        created_at=from_epoch_ms(item.created_at),
        updated_at=from_epoch_ms(item.updated_at),
    )
