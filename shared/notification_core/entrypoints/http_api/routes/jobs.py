"""Background jobs."""

from pydantic import Field

from notification_core.domain.errors import NotFound
from notification_core.domain.jobs import JobKind, JobState
from notification_core.entrypoints.http_api.fields import Time
from notification_core.entrypoints.http_api.models import Response
from notification_core.entrypoints.http_api.routing import Routes
from notification_core.runtime.wiring import ports
from notification_core.usecases.administration import jobs

routes = Routes("Jobs")


class JobResponse(Response):
    """A background job."""

    id: str
    kind: JobKind
    state: JobState
    dry_run: bool = Field(description="the job only counts")
    counts: dict[str, int] = Field(description="the work done so far, by kind")
    error: str | None = Field(description="why the job failed")
    created_at: Time
    updated_at: Time


@routes.get("/jobs/<job_id>", problems=[NotFound])
def get_job(job_id: str) -> JobResponse:
    """Read the progress of a job."""
    return JobResponse.of(jobs.get_job(ports(), job_id))
