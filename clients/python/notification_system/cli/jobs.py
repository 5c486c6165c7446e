"""Work in the background, followed until it ends."""

import time
from collections.abc import Iterator
from typing import Any

from rich.text import Text

from notification_system.cli.errors import Trouble
from notification_system.cli.formatting import counted, plain
from notification_system.cli.session import Session

#: Seconds between two looks.
EVERY = 0.5


def followed(session: Session, job: dict[str, Any], doing: str, total: int | None = None) -> Any:
    """Wait until a job has ended, and say how far it is; returns it as it ended.

    Raises:
        Trouble: it failed.
    """
    if session.err.is_terminal:
        job = _shown(session, job, doing, total)
    else:
        *_, job = _looks(session, job)
    if job["state"] == "failed":
        raise Trouble(f"The job {job['id']} failed: {job['error']}.", "Run the command again.")
    return job


def _looks(session: Session, job: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield job
    while job["state"] == "running":
        time.sleep(EVERY)
        job = session.ask("GET", f"/jobs/{job['id']}")
        yield job


def _shown(session: Session, job: dict[str, Any], doing: str, total: int | None) -> dict[str, Any]:
    from rich.progress import (  # noqa: PLC0415 - few commands need it
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = [TextColumn("{task.description}"), BarColumn(20), TextColumn("{task.fields[far]}")]
    with Progress(*columns, TimeElapsedColumn(), console=session.err, transient=True) as progress:
        task = progress.add_task(doing, total=total, far="")
        for look in _looks(session, job):
            counts = look["counts"]
            done = counts.get("found", max(counts.values(), default=0))
            progress.update(task, completed=done, far=counted(done, "notification"))
    return look


def said(counts: dict[str, int], words: dict[str, str]) -> Text:
    """Return counts, one a line, in words where there are any for them."""
    lines = [
        f"{count:>9,}  {words.get(name, name.replace('_', ' '))}" for name, count in counts.items()
    ]
    return Text(plain("\n".join(lines)))
