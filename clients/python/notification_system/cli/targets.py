"""`notify targets`, `pause` and `resume`."""

from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any

import typer
from rich.text import Text

from notification_system.cli.errors import CliError
from notification_system.cli.formatting import (
    paused_by,
    plain,
    read_time,
    relative_time,
    short_time,
    table,
)
from notification_system.cli.session import Session, command

Target = Annotated[str, typer.Argument(help="A target's name or id.")]

COLUMNS = ("TARGET", "MODULE", "STATE", "QUEUED", "WORKING", "OVERDUE", "OLDEST DUE", "DEAD")
NUMBERS = ("QUEUED", "WORKING", "OVERDUE", "DEAD")
STATES = {"active": "green", "paused": "yellow", "undeployed": "red"}


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    for name, function in (("targets", targets), ("pause", pause), ("resume", resume)):
        command(app, name, "Operating")(function)


def targets(session: Session) -> None:
    """List the targets: their state, and their backlog.

    QUEUED and WORKING count messages, which may hold many notifications each; OVERDUE counts
    notifications whose time has passed; DEAD counts messages in the dead-letter queue.
    """
    with ThreadPoolExecutor(1) as other:
        requested = other.submit(session.request, "GET", "/backlog")
        listed = session.targets()
        backlog = {entry["module"]: entry for entry in requested.result()["items"]}
    items = [
        target | {"backlog": backlog.get(target["notification_module_name"])} for target in listed
    ]
    if session.json:
        session.print_json({"items": items, "next": None})
        return
    rows = table(*COLUMNS, right=NUMBERS)
    for target in items:
        rows.add_row(*_cells(session, target))
    session.out.print(rows)
    for target in items:
        if target["pause"]:
            session.out.print(Text(f"\n{_describe_pause(session, target)}"))


def _cells(session: Session, target: dict[str, Any]) -> list[Any]:
    waiting = target["backlog"] or {}
    names = (plain(target["name"]), target["notification_module_name"])
    overdue = f"{waiting.get('overdue', 0):,}{'+' if waiting.get('overdue_at_least') else ''}"
    oldest = waiting.get("oldest_due")
    return [
        *map(Text, names),
        Text(target["state"], style=STATES[target["state"]]),
        _number(waiting.get("queued")),
        _number(waiting.get("in_flight")),
        overdue,
        relative_time(read_time(oldest), session.now) if oldest else "-",
        _number(waiting.get("dead_letters")),
    ]


def _number(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"


def _describe_pause(session: Session, target: dict[str, Any]) -> str:
    pause = target["pause"]
    by = paused_by(pause["by"])
    code = f" ({plain(pause['code'])})" if pause["code"] else ""
    since = short_time(pause["since"], session.now)
    lines = [
        f"{plain(target['name'])} is paused by {by} since {since}: {plain(pause['reason'])}{code}"
    ]
    lines += [plain(pause["docs_url"])] if pause["docs_url"] else []
    return "\n".join([*lines, f"  {session.deployment.notify('resume', target['name'])}"])


def pause(
    session: Session,
    target: Target,
    reason: Annotated[
        str | None, typer.Option(help="The reason, shown to other operators.")
    ] = None,
) -> None:
    """Stop sending through a target; due notifications wait."""
    request = {} if reason is None else {"reason": reason}
    paused = session.request("POST", f"{_path(session, target)}/pause", request)
    _answer(session, paused, "is paused: nothing is sent, and due notifications wait.")


def resume(session: Session, target: Target) -> None:
    """Send through a target again, whether a person or a fault paused it."""
    resumed = session.request("POST", f"{_path(session, target)}/resume")
    _answer(
        session,
        resumed,
        "is active: the next tick, within a minute, sends the waiting notifications.",
    )


def _path(session: Session, target: str) -> str:
    return f"/targets/{find_target(session, target)['id']}"


def find_target(session: Session, name: str) -> dict[str, Any]:
    """Return the target with this name, in any case, or this id. Raises CliError."""
    targets = session.targets()
    matches = [target for target in targets if name in (target["id"], target["name"])]
    matches = matches or [target for target in targets if target["name"].lower() == name.lower()]
    if len(matches) == 1:
        return matches[0]
    names = ", ".join(plain(target["name"]) for target in targets)
    raise CliError(f"There is no target {plain(name)}.", f"The targets are: {names}")


def _answer(session: Session, target: dict[str, Any], message: str) -> None:
    if session.json:
        session.print_json(target)
    else:
        session.out.print(Text(f"{plain(target['name'])} {message}"))
