"""Background jobs: all of them, and each with its progress."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from notification_core.domain.attribution import in_words
from notification_core.domain.clock import from_epoch_ms
from notification_core.domain.jobs import KEPT, Job, JobKind, JobState
from notification_core.domain.redrive import SkipReason
from notification_core.entrypoints.console.call import Call
from notification_core.entrypoints.console.pages.find import target_names
from notification_core.entrypoints.console.rendering import quantity
from notification_core.entrypoints.console.responses import Response
from notification_core.usecases.administration.jobs import get_job, list_jobs
from notification_core.usecases.sending.redrive import FOUND, MOVED, REDRIVEN, UNKNOWN_ID

#: Jobs on one page of the list.
LISTED = 50

#: What each kind of job is called.
KINDS = {
    JobKind.REDRIVE: "Retry",
    JobKind.ERASURE: "Erasure of a user",
    JobKind.OPT_OUT: "End of the notifications that an opt-out covers",
}

#: What each counter of a job is called.
WORDS = {
    FOUND: "found",
    REDRIVEN: "retried",
    UNKNOWN_ID: "with an unknown ID",
    MOVED: "changed by somebody else meanwhile",
    SkipReason.NOT_FAILED: "skipped: not failed",
    SkipReason.POSSIBLY_SENT: "skipped: possibly sent",
    SkipReason.OPTED_OUT: "skipped: the user has opted out",
    SkipReason.NO_ACTIVE_RECORD: "skipped: no active address",
    SkipReason.EXPIRED: "skipped: expired",
    SkipReason.UNDEPLOYED: "skipped: the target is not deployed",
}
#: The same for a dry run, which changes nothing.
DRY_WORDS = WORDS | {REDRIVEN: "would be retried"}
#: The same for jobs that are no retries.
OTHER_WORDS = {
    "opted_out": "notifications ended",
    "records": "addresses removed",
    "notifications": "notifications erased",
    "contents": "contents removed",
    "settings": "settings removed",
    "opt_outs": "ledgers of opt-outs removed",
}


def show(call: Call) -> Response:
    """List the jobs, the latest first."""
    page, names = list_jobs(call.ports, LISTED, call.query("next")), target_names(call)
    return call.page(
        "jobs.html",
        "Jobs",
        rows=[{"job": job, **_described(names, job)} for job in page.items],
        more=call.site.url("/jobs", next=page.next) if page.next else None,
        is_live=any(job.state is JobState.RUNNING for job in page.items),
        here=call.site.url("/jobs", next=call.query("next")),
        kept_days=KEPT.days,
    )


def job(call: Call) -> Response:
    """Show the progress or the result of a job."""
    stored = get_job(call.ports, call.parameters["id"])
    return call.page(
        "job.html", f"Job {stored.id[:8]}", job=stored, **_described(target_names(call), stored)
    )


def _described(names: Mapping[str, str], job: Job) -> dict[str, Any]:
    """Return what the templates say of a job."""
    ids = job.parameters.get("ids") or []
    return {
        "is_running": job.state is JobState.RUNNING,
        "name": KINDS.get(job.kind, job.kind.value),
        "who": in_words(job.started_by),
        "counts": _counts(job),
        "selection": _selection(names, job),
        "notification": ids[0] if len(ids) == 1 else None,
    }


def _counts(job: Job) -> list[tuple[str, int]]:
    words = DRY_WORDS if job.dry_run else WORDS
    if job.kind is not JobKind.REDRIVE:
        words = OTHER_WORDS
    return [(words.get(name, name), count) for name, count in job.counts.items() if count]


def _selection(names: Mapping[str, str], job: Job) -> list[tuple[str, str | datetime]]:
    """Return what a retry selects, in words. The parameters of other jobs are only hashes."""
    selected = job.parameters
    selection: list[tuple[str, str | datetime]] = []
    if ids := selected.get("ids"):
        selection.append(("Selected", quantity(len(ids), "notification", "notifications")))
        return selection
    if target := selected.get("target"):
        selection.append(("Target", names.get(target, target)))
    if code := selected.get("error_code"):
        selection.append(("Code", code))
    if since := selected.get("since"):  # without it, `until` is the start of the job
        selection.append(("Failed since", from_epoch_ms(since)))
        selection.append(("Until", from_epoch_ms(selected["until"])))
    return selection
