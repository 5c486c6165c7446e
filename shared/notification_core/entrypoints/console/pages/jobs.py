"""Background jobs: those that run, those that the console started, and each with its progress."""

from notification_core.domain.jobs import Job, JobState
from notification_core.domain.redrive import SkipReason
from notification_core.entrypoints.console.call import Call
from notification_core.entrypoints.console.pages.audit import shown_subject
from notification_core.entrypoints.console.pages.find import target_names
from notification_core.entrypoints.console.responses import Response
from notification_core.usecases.administration.jobs import get_job
from notification_core.usecases.console.auditing import list_entries
from notification_core.usecases.sending.redrive import FOUND, MOVED, REDRIVEN, UNKNOWN_ID

#: Entries of the audit log that are searched for jobs.
ENTRIES = 200

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


def show(call: Call) -> Response:
    """List the jobs."""
    running = [job for id_ in call.ports.jobs.running() if (job := call.ports.jobs.get(id_))]
    entries = list_entries(call.console, ENTRIES, None).items
    started = [(entry, shown_subject(entry)) for entry in entries if entry.job]
    return call.page("jobs.html", "Jobs", running=running, started=started)


def job(call: Call) -> Response:
    """Show the progress or the result of a job."""
    stored = get_job(call.ports, call.parameters["id"])
    return call.page(
        "job.html",
        f"Job {stored.id[:8]}",
        job=stored,
        is_running=stored.state is JobState.RUNNING,
        counts=_counts(stored),
        selection=_selection(call, stored),
        ids=stored.parameters.get("ids") or [],
    )


def _counts(job: Job) -> list[tuple[str, int]]:
    words = DRY_WORDS if job.dry_run else WORDS
    return [(words.get(name, name), count) for name, count in job.counts.items() if count]


def _selection(call: Call, job: Job) -> list[tuple[str, str]]:
    """Return what a redrive selects, in words. The parameters of other jobs are only hashes."""
    target, code = job.parameters.get("target"), job.parameters.get("error_code")
    selection = [("Target", target_names(call).get(target, target))] if target else []
    return [*selection, ("Code", code)] if code else selection
