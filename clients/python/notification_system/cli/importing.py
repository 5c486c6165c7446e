"""`notify import`: moves an installation of django-notification-system to the deployment."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.text import Text

from notification_system.cli.errors import CliError
from notification_system.cli.formatting import plain, pluralize
from notification_system.cli.options import command
from notification_system.cli.session import Session
from notification_system.enums import UndoResult
from notification_system.imports.items import SOURCE, Conversion, Past
from notification_system.imports.report import Report, ReportError, read_undo
from notification_system.imports.rows import MODELS, DumpError, read_dump, rows_of
from notification_system.imports.run import Importer, target_names

AGAIN = "Run the same command again: what is imported stays, and the rest follows."


class UserIds(StrEnum):
    """The field of the users' model that is the user's id in the system."""

    ID = "id"
    USERNAME = "username"
    EMAIL = "email"


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True)
    command(group, "django")(django)
    text = "Import from another system: notify import django dump.json"
    app.add_typer(group, name="import", help=text, rich_help_panel="People")


Dump = Annotated[
    Path, typer.Argument(help="The output of: manage.py dumpdata django_notification_system")
]
PastOption = Annotated[
    Past, typer.Option(help="What happens to waiting notifications whose time has passed.")
]
History = Annotated[
    bool, typer.Option("--history", help="Also import notifications that have ended.")
]
TargetNames = Annotated[
    list[str] | None,
    typer.Option("--target", metavar="OLD=NEW", help="The target here, by its name there."),
]
UserIdsOption = Annotated[
    UserIds, typer.Option(help="The field of the users' model that is their id here.")
]
UserModel = Annotated[str, typer.Option(help="The model of users in the dump, for --user-ids.")]
TimeZone = Annotated[
    str, typer.Option(help="Of times without one, in a project with USE_TZ = False.")
]
ReportFile = Annotated[Path, typer.Option(help="The file of the report, which --undo takes.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show counts and problems.")]
Undo = Annotated[Path | None, typer.Option(metavar="REPORT", help="Undo the import of a report.")]


def django(
    session: Session,
    dump: Dump = Path("dump.json"),
    past: PastOption = Past.SKIP,
    history: History = False,
    target: TargetNames = None,
    user_ids: UserIdsOption = UserIds.ID,
    user_model: UserModel = "auth.user",
    time_zone: TimeZone = "UTC",
    report: ReportFile = Path("import-report.json"),
    dry_run: DryRun = False,
    undo: Undo = None,
) -> None:
    """Import targets, addresses, opt-outs and notifications; a repetition changes nothing."""
    if undo is not None:
        _undo(session, undo)
        return
    names, zone = _names(target or []), _zone(time_zone)
    total, user_of = _survey(dump, user_model.lower(), user_ids)
    now = datetime.now(UTC)
    conversion = Conversion(
        user_of=user_of, targets={}, now=now, past=past, history=history, zone=zone
    )
    result = Report()
    with _progress(session, total) as progress:
        importer = Importer(
            client=session.client,
            read=partial(rows_of, dump),
            conversion=conversion,
            names=names,
            progress=progress,
            dry_run=dry_run,
        )
        _run(session, importer, result, report)
    _show(session, result, report, dry_run=dry_run)


def _run(session: Session, importer: Importer, result: Report, report: Path) -> None:
    """Import, and write the report, also if the import is interrupted."""
    try:
        importer.run(result)
    except KeyboardInterrupt:
        raise CliError("The import was interrupted.", AGAIN) from None
    except Exception:
        session.err.print(AGAIN)
        raise
    finally:
        if not importer.dry_run:
            _write(result, report)


def _write(result: Report, path: Path) -> None:
    try:
        result.write(path)
    except OSError as error:
        raise CliError(f"{path} cannot be written: {error.strerror}.", "Pass --report.") from error


def _survey(
    dump: Path, user_model: str, user_ids: UserIds
) -> tuple[int, Callable[[str], str | None]]:
    """Return the number of rows to import, and the function from a user's key to its id here."""
    total, users = 0, dict[str, str]()
    try:
        for row in read_dump(dump):
            total += row.model in MODELS
            if row.model == user_model and (user := row.fields.get(user_ids.value)):
                users[row.key] = str(user)
    except DumpError as error:
        raise CliError(str(error)) from error
    if total == 0:
        message = f"{dump} has no rows of django_notification_system."
        remedy = "Write it with: manage.py dumpdata django_notification_system --output dump.json"
        raise CliError(message, remedy)
    if user_ids is UserIds.ID:
        return total, lambda key: key
    if not users:
        message = f"{dump} has no rows of {user_model}."
        raise CliError(message, "Add that model to dumpdata, or name another with --user-model.")
    return total, users.get


def _names(pairs: list[str]) -> dict[str, str]:
    try:
        return target_names(pairs)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _zone(name: str) -> ZoneInfo:
    if not re.fullmatch(r"[\w+/-]+", name):
        raise typer.BadParameter(f"{name!r} is not a time zone", param_hint="--time-zone")
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        message = f"{name!r} is not a time zone, such as Europe/Vienna"
        raise typer.BadParameter(message, param_hint="--time-zone") from None


@contextmanager
def _progress(session: Session, total: int) -> Iterator[Callable[[str, int], None]]:
    """Show the progress on a terminal."""
    if not session.err.is_terminal:
        yield lambda _model, _done: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress  # noqa: PLC0415 - few need it

    done: dict[str, int] = {}
    columns = (BarColumn(30), MofNCompleteColumn())
    with Progress("importing", *columns, console=session.err, transient=True) as progress:
        task = progress.add_task("", total=total)

        def advance(model: str, rows: int) -> None:
            done[model] = rows
            progress.update(task, completed=sum(done.values()))

        yield advance


def _show(session: Session, result: Report, report: Path, *, dry_run: bool) -> None:
    if session.json:
        session.print_json(result.summary(dry_run=dry_run))
    else:
        for line in result.lines():
            session.out.print(Text(plain(line)))
        kept = "Nothing was imported: this was a dry run." if dry_run else f"Report: {report}"
        session.out.print(Text(kept))


def _undo(session: Session, path: Path) -> None:
    try:
        items = read_undo(path)
    except ReportError as error:
        raise CliError(str(error), "Pass the file of --report.") from None
    results = session.client.undo_import(SOURCE, items)
    counts = {result: results.count(result) for result in UndoResult}
    if session.json:
        session.print_json({result.value: count for result, count in counts.items()})
        return
    session.out.print(f"{pluralize(counts[UndoResult.REMOVED], 'item')} removed.")
    if changed := counts[UndoResult.CHANGED_SINCE]:
        session.out.print(
            f"{pluralize(changed, 'item')} left, because of changes since the import."
        )
    if absent := counts[UndoResult.ABSENT]:
        session.out.print(
            f"{pluralize(absent, 'item')} not imported from there, or removed before."
        )
