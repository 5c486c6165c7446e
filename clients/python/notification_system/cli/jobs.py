"""Waits for background jobs and shows their progress."""

import time
from collections.abc import Iterator
from typing import Any

from rich.text import Text

from notification_system.cli.errors import CliError
from notification_system.cli.formatting import plain, pluralize
from notification_system.cli.session import Session

#: Seconds between two requests for a job's state.
POLL_INTERVAL = 0.5


def wait_for_job(
    session: Session, job: dict[str, Any], activity: str, total: int | None = None
) -> Any:
    """Wait until a job has ended, showing its progress, and return its last state.

    Raises:
        CliError: the job failed.
    """
    if session.err.is_terminal:
        job = _show_progress(session, job, activity, total)
    else:
        *_, job = _poll(session, job)
    if job["state"] == "failed":
        raise CliError(f"The job {job['id']} failed: {job['error']}.", "Run the command again.")
    return job


def _poll(session: Session, job: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield job
    while job["state"] == "running":
        time.sleep(POLL_INTERVAL)
        job = session.request("GET", f"/jobs/{job['id']}")
        yield job


def _show_progress(
    session: Session, job: dict[str, Any], activity: str, total: int | None
) -> dict[str, Any]:
    from rich.progress import (  # noqa: PLC0415 - few commands need it
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = [TextColumn("{task.description}"), BarColumn(20), TextColumn("{task.fields[far]}")]
    with Progress(*columns, TimeElapsedColumn(), console=session.err, transient=True) as progress:
        task = progress.add_task(activity, total=total, far="")
        for state in _poll(session, job):
            counts = state["counts"]
            done = counts.get("found", max(counts.values(), default=0))
            progress.update(task, completed=done, far=pluralize(done, "notification"))
    return state


def format_counts(counts: dict[str, int], labels: dict[str, str]) -> Text:
    """Return counts, one per line, with their labels; a count without a label shows its name."""
    lines = [
        f"{count:>9,}  {labels.get(name, name.replace('_', ' '))}" for name, count in counts.items()
    ]
    return Text(plain("\n".join(lines)))
