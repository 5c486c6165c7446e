"""`notify send --csv`: sends one notification for each row of a file."""

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import typer
from rich.text import Text

from notification_system.cli.csv_rows import Row, Template, to_rows
from notification_system.cli.errors import CliError, from_api_error, from_exception
from notification_system.cli.formatting import plain, pluralize
from notification_system.cli.session import Session
from notification_system.errors import (
    IdempotencyMismatch,
    NotificationSystemError,
    SendInterrupted,
)
from notification_system.requests import NewNotification
from notification_system.results import SendResult

#: Rows of one call of the client. The report is complete up to the last call.
CHUNK = 500

#: Errors that are shown; the report has all of them.
SHOWN_ERRORS = 10

AGAIN = (
    "Run the same command again: rows that were sent have the same idempotency keys, so nothing is "
    "sent twice."
)

REPEATED = "To send once more, pass --idempotency-key with a new name, such as week-49."


@dataclass(frozen=True)
class Result:
    """The result of a row: one line of the report.

    Args:
        row: the row's number in a spreadsheet.
        status: valid, invalid, created, repeated (created before), failed or not sent.
        notification_id: the ids, separated by spaces.
        error: why nothing was created.
    """

    row: int
    status: str
    notification_id: str = ""
    error: str = ""


def send_file(
    session: Session, path: Path, template: Template, *, report: Path | None, dry_run: bool
) -> None:
    """Send a notification for each row of a file, if every row is valid.

    Raises:
        CliError: the file cannot be read, or sending was interrupted.
        typer.Exit: a row is not valid, or was refused.
    """
    if report is not None and report.resolve() == path.resolve():
        raise typer.BadParameter("must not be the file of --csv", param_hint="--report")
    rows = to_rows(path, template, session.target_name)
    invalid = any(row.error for row in rows)
    if dry_run or invalid:
        results = [
            Result(row.number, "invalid" if row.error else "valid", error=row.error) for row in rows
        ]
        with _report(report) as write:
            write(results)
        _show(session, results)
        if not session.json:
            session.out.print("Nothing was sent.")
            _preview(session, rows)
    else:
        results = _send(session, rows, report)
        _show(session, results)
    if any(result.error for result in results):
        raise typer.Exit(1)


def _send(session: Session, rows: Sequence[Row], report: Path | None) -> list[Result]:
    """Send all rows, and write the report on the way. Raises CliError if interrupted."""
    results: list[Result] = []
    chunks = [rows[begin : begin + CHUNK] for begin in range(0, len(rows), CHUNK)]
    with _report(report) as write, _progress(session, len(rows)) as advance:
        for chunk in chunks:
            finished, cause = _send_chunk(session, chunk, len(results), advance)
            write(finished)
            results += finished
            if cause is not None:
                write(Result(row.number, "not sent") for row in rows[len(results) :])
                far = f"{len(results):,} of {pluralize(len(rows), 'row')} have a result"
                raise CliError(f"{cause} {far}; the others were not sent.", AGAIN)
    return results


def _send_chunk(
    session: Session, rows: Sequence[Row], before: int, advance: Callable[[int], None]
) -> tuple[list[Result], str | None]:
    """Return the results of some rows, and why there are no more of them."""
    finished: int = 0

    def progress(count: int) -> None:
        nonlocal finished
        finished = count
        advance(before + count)

    items = [cast("NewNotification", row.request) for row in rows]
    cause = None
    try:
        answers: Sequence[SendResult] = session.client.send_many(items, progress=progress)
    except SendInterrupted as error:
        answers = error.results
        cause = _describe(error.__cause__, session)
    except KeyboardInterrupt:
        answers, cause = [], f"Interrupted after {before + finished:,} rows."
    return [_result(row, answer) for row, answer in zip(rows, answers, strict=False)], cause


def _describe(error: BaseException | None, session: Session) -> str:
    if not isinstance(error, NotificationSystemError):
        return "Sending was interrupted."
    explained = from_exception(error, lambda: session.deployment.unreachable)
    return explained.message if explained else str(error)


def _result(row: Row, answer: SendResult) -> Result:
    if answer.error is not None:
        message = from_api_error(answer.error).message.replace("\n", " ")
        if isinstance(answer.error, IdempotencyMismatch):
            message = f"It was created before, at another time. {REPEATED}"
        return Result(row.number, "failed", error=message)
    ids = " ".join(notification.id for notification in answer.notifications)
    return Result(row.number, "repeated" if answer.repeated else "created", ids)


@contextmanager
def _report(path: Path | None) -> Iterator[Callable[[Any], None]]:
    """Open the report, which gets results as they come."""
    if path is None:
        yield lambda _: None
        return
    try:
        file = path.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise CliError(f"{path} cannot be written: {error.strerror}.") from error
    with file:
        writer = csv.DictWriter(file, ["row", "status", "notification_id", "error"])
        writer.writeheader()

        def write(results: Any) -> None:
            writer.writerows(asdict(result) for result in results)
            file.flush()

        yield write


@contextmanager
def _progress(session: Session, total: int) -> Iterator[Callable[[int], None]]:
    """Show the progress on a terminal."""
    if not session.err.is_terminal:
        yield lambda _: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress  # noqa: PLC0415 - few need it

    columns = (BarColumn(30), MofNCompleteColumn())
    with Progress("sending", *columns, console=session.err, transient=True) as progress:
        task = progress.add_task("", total=total)
        yield lambda count: progress.update(task, completed=count)


def _show(session: Session, results: Sequence[Result]) -> None:
    if session.json:
        session.print_json({"items": [asdict(result) for result in results], "next": None})
        return
    counts: Mapping[str, int] = {
        status: sum(result.status == status for result in results)
        for status in ("valid", "invalid", "created", "repeated", "failed")
    }
    names = {"repeated": "created by an earlier request; nothing was sent twice"}
    for status, count in counts.items():
        if count:
            noun = "row" if count == 1 else "rows"
            session.out.print(Text(f"{count:>9,}  {noun} {names.get(status, status)}"))
    if counts["repeated"]:
        session.out.print(Text(REPEATED), style="dim")
    errors = [result for result in results if result.error]
    for result in errors[:SHOWN_ERRORS]:
        session.out.print(Text(f"row {result.row}: {plain(result.error)}"))
    if len(errors) > SHOWN_ERRORS:
        session.out.print(f"and {len(errors) - SHOWN_ERRORS:,} more; --report FILE has all of them")


def _preview(session: Session, rows: Sequence[Row]) -> None:
    valid = next((row for row in rows if not row.error), None)
    if valid is None:
        return
    request = valid.request
    recipient = request.get("user") or request["to"][0]["address"]
    session.out.print(Text(f"\nRow {valid.number}, to {plain(recipient)}:", style="bold"))
    if "template" in request:
        session.out.print(Text(f"{request['template']} with {plain(json.dumps(request['data']))}"))
        return
    session.out.print(Text(plain(request["title"])))
    session.out.print(Text(plain(request["body"])[:500]))
