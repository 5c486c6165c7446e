"""Entry point for the background worker: the step of each kind of job, and the time limit."""

from collections.abc import Mapping
from typing import Any

from notification_core.adapters.sqs_queues import job_of_body
from notification_core.domain.jobs import JobKind
from notification_core.ports import Ports
from notification_core.runtime.observability import bind_request, logger
from notification_core.runtime.wiring import ports
from notification_core.usecases.administration.jobs import Step, work
from notification_core.usecases.consent import opt_out_job
from notification_core.usecases.privacy import erasure
from notification_core.usecases.sending import redrive

STEPS: Mapping[JobKind, Step[Ports]] = {
    JobKind.REDRIVE: redrive.step,
    JobKind.ERASURE: erasure.step,
    JobKind.OPT_OUT: opt_out_job.step,
}

#: Milliseconds before the time limit at which it stops. Another message continues the job.
RESERVE_MS = 15_000


def jobs_event(event: dict[str, Any], context: Any) -> None:
    """Work on the job of each message. A failed message is delivered again.

    Raises:
        ValueError: a message does not name a job.
    """
    bind_request(context)
    for record in event["Records"]:
        job = work(
            ports(),
            job_of_body(record["body"]),
            STEPS,
            lambda: context.get_remaining_time_in_millis() < RESERVE_MS,
        )
        if job is not None:
            fields = {"job": job.id, "kind": job.kind.value, "state": job.state.value}
            logger.info("job", extra=fields | dict(job.counts))
