"""Work in the background, followed until it ends."""

import time
from typing import Any

from rich.text import Text

from infra.cli.session import Session
from infra.cli.text import counted, plain
from infra.cli.trouble import Trouble

#: Seconds between two looks.
EVERY = 0.5


def followed(session: Session, job: dict[str, Any], doing: str, total: int | None = None) -> Any:
    """Wait until a job has ended, and say how far it is; returns it as it ended.

    Raises:
        Trouble: it failed.
    """
    from rich.progress import (  # noqa: PLC0415 - few commands need it
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = [TextColumn("{task.description}"), BarColumn(20), TextColumn("{task.fields[far]}")]
    with Progress(*columns, TimeElapsedColumn(), console=session.err, transient=True) as progress:
        task = progress.add_task(doing, total=total, far="")
        while job["state"] == "running":
            time.sleep(EVERY)
            job = session.ask("GET", f"/jobs/{job['id']}")
            done = sum(count for name, count in job["counts"].items() if name == "found")
            progress.update(task, completed=done, far=counted(done, "notification"))
    if job["state"] == "failed":
        raise Trouble(f"The job {job['id']} failed: {job['error']}.", "Run the command again.")
    return job


def said(counts: dict[str, int], words: dict[str, str]) -> Text:
    """Return counts, one a line, in words where there are any for them."""
    lines = [
        f"{count:>9,}  {words.get(name, name.replace('_', ' '))}" for name, count in counts.items()
    ]
    return Text(plain("\n".join(lines)))
