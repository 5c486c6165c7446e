"""Jobs in DynamoDB."""

import json
from datetime import timedelta

from notifications.adapters.dynamodb.tables import JobItem
from notifications.adapters.dynamodb.writes import put_if, with_epochs
from notifications.domain.clock import from_epoch_ms, to_epoch_ms
from notifications.domain.jobs import Job, JobKind, JobState

#: How long a job is kept after it was last worked on.
KEPT = timedelta(days=30)


class DynamoJobs:
    """A JobStore."""

    def put(self, job: Job) -> bool:
        item = JobItem(
            job.id,
            kind=job.kind.value,
            state=job.state.value,
            dry_run=job.dry_run,
            asked=json.dumps(job.asked),
            place=json.dumps(job.place),
            not_before=to_epoch_ms(job.not_before) if job.not_before else None,
            counts=json.dumps(job.counts),
            error=job.error,
            revision=job.revision + 1,
            expires_at=int((job.updated_at + KEPT).timestamp()),
            **with_epochs({"created_at": job.created_at, "updated_at": job.updated_at}),
        )
        first = JobItem.id.does_not_exist()
        return put_if(item, JobItem.revision == job.revision if job.revision else first)

    def get(self, job_id: str) -> Job | None:
        items = JobItem.batch_get([job_id], consistent_read=True)
        return next((_job(item) for item in items), None)


def _job(item: JobItem) -> Job:
    return Job(
        id=item.id,
        kind=JobKind(item.kind),
        state=JobState(item.state),
        dry_run=item.dry_run,
        asked=json.loads(item.asked),
        place=json.loads(item.place),
        not_before=from_epoch_ms(item.not_before) if item.not_before else None,
        counts=json.loads(item.counts),
        error=item.error,
        revision=int(item.revision),
        created_at=from_epoch_ms(item.created_at),
        updated_at=from_epoch_ms(item.updated_at),
    )
