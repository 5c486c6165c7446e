"""Background jobs: all of them, and each with its progress."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from notification_core.domain.attribution import in_words
from notification_core.domain.clock import from_epoch_ms
from notification_core.domain.jobs import KEPT, Job, JobKind, JobState
from notification_core.domain.redrive import SkipReason
from notification_core.entrypoints.console.call import Call
from notification_core.entrypoints.console.pages.failed import PERIODS
from notification_core.entrypoints.console.pages.find import target_names
from notification_core.entrypoints.console.rendering import quantity, utc_input
from notification_core.entrypoints.console.responses import Response
from notification_core.usecases.administration.jobs import get_job, list_jobs
from notification_core.usecases.sending.redrive import FOUND, MOVED, REDRIVEN, UNKNOWN_ID

#: Jobs on one page of the list.
LISTED = 50

#: The longest period of the page *Failed*, in hours: for a retry without a beginning.
LONGEST = max(hours for hours, _ in PERIODS)

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
        rows=[{"job": job, **_described(call, names, job)} for job in page.items],
        more=call.site.url("/jobs", next=page.next) if page.next else None,
        is_live=any(job.state is JobState.RUNNING for job in page.items),
        here=call.site.url("/jobs", next=call.query("next")),
        kept_days=KEPT.days,
    )


def job(call: Call) -> Response:
    """Show the progress or the result of a job."""
    stored = get_job(call.ports, call.parameters["id"])
    return call.page(
        "job.html",
        f"Job {stored.id[:8]}",
        job=stored,
        **_described(call, target_names(call), stored),
    )


def _described(call: Call, names: Mapping[str, str], job: Job) -> dict[str, Any]:
    """Return what the templates say of a job."""
    ids = job.parameters.get("ids") or []
    is_in_vain = _is_in_vain(job)
    return {
        "is_in_vain": is_in_vain,
        "skipped": _links_to_skipped(call, job) if is_in_vain else [],
        "is_running": job.state is JobState.RUNNING,
        "name": KINDS.get(job.kind, job.kind.value),
        "who": in_words(job.started_by),
        "counts": _counts(job),
        "selection": _selection(names, job),
        "notification": ids[0] if len(ids) == 1 else None,
    }


def _counts(job: Job) -> list[tuple[str, int]]:
    counts = {name: count for name, count in job.counts.items() if count}
    if job.kind is not JobKind.REDRIVE:
        return [(OTHER_WORDS.get(name, name), count) for name, count in counts.items()]
    words = DRY_WORDS if job.dry_run else WORDS
    if counts or job.state is not JobState.RUNNING:  # a zero is a result, too
        counts = {FOUND: 0, REDRIVEN: 0} | counts
    return [(words.get(name, name), count) for name, count in counts.items()]


def _is_in_vain(job: Job) -> bool:
    """Whether a retry has ended without retrying anything, although something was named."""
    if job.kind is not JobKind.REDRIVE or job.state is not JobState.DONE:
        return False
    return not job.counts.get(REDRIVEN) and any(job.counts.values())


def _links_to_skipped(call: Call, job: Job) -> list[tuple[str, str]]:
    """Return the labels and the addresses of the pages that show what was skipped, and why."""
    selected = job.parameters
    ids, since, code = selected.get("ids") or [], selected.get("since"), selected.get("error_code")
    if ids:
        # More than one are those of a group without a code.
        return [("See the user", call.site.url("/user", of=ids[0]))] if len(ids) == 1 else []
    period = {"since": utc_input(from_epoch_ms(since))} if since else {"hours": LONGEST}
    if code and selected.get("target"):
        group = {"target": selected["target"], "code": code}
        return [("See the notifications", call.site.url("/failed/group", **group, **period))]
    return [("See what has failed", call.site.url("/failed", **period))]


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
