"""Background jobs."""

from collections.abc import Mapping
from typing import Any, ClassVar

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

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "id": "0c9e2f0e-9a83-4d0b-8a55-7b1d1f6f0a21",
        "kind": "redrive",
        "state": "done",
        "dry_run": False,
        "counts": {"found": 12, "redriven": 11, "opted_out": 1},
        "error": None,
        "created_at": "2026-01-31T09:00:00.000Z",
        "updated_at": "2026-01-31T09:00:02.000Z",
    }


def started(kind: JobKind) -> Mapping[str, Any]:
    """Return the example of a job that was just started."""
    began = JobResponse.EXAMPLE["created_at"]
    example = {**JobResponse.EXAMPLE, "kind": kind.value, "state": "running", "counts": {}}
    return {**example, "updated_at": began}


@routes.get("/jobs/<job_id>", problems=[NotFound])
def get_job(job_id: str) -> JobResponse:
    """Read the progress of a job."""
    return JobResponse.of(jobs.get_job(ports(), job_id))
