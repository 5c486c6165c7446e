"""`notify targets`, `pause` and `resume`."""

from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any

import typer
from rich.text import Text

from notification_system.cli.errors import Trouble
from notification_system.cli.formatting import apart, paused_by, plain, read_time, short_time, table
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
    """List the targets: their state, and what waits for each.

    QUEUED and WORKING are messages, which may hold many notifications each; OVERDUE are
    notifications whose time has passed; DEAD are messages that were given up.
    """
    with ThreadPoolExecutor(1) as other:
        asked = other.submit(session.ask, "GET", "/backlog")
        found = session.targets()
        backlog = {each["module"]: each for each in asked.result()["items"]}
    items = [each | {"backlog": backlog.get(each["notification_module_name"])} for each in found]
    if session.json:
        session.print_json({"items": items, "next": None})
        return
    rows = table(*COLUMNS, right=NUMBERS)
    for each in items:
        rows.add_row(*_cells(session, each))
    session.out.print(rows)
    for each in items:
        if each["pause"]:
            session.out.print(Text(f"\n{_paused(session, each)}"))


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
        apart(read_time(oldest), session.now) if oldest else "-",
        _number(waiting.get("dead_letters")),
    ]


def _number(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"


def _paused(session: Session, target: dict[str, Any]) -> str:
    why = target["pause"]
    by = paused_by(why["by"])
    code = f" ({plain(why['code'])})" if why["code"] else ""
    since = short_time(why["since"], session.now)
    lines = [
        f"{plain(target['name'])} is paused by {by} since {since}: {plain(why['reason'])}{code}"
    ]
    lines += [plain(why["docs_url"])] if why["docs_url"] else []
    return "\n".join([*lines, f"  {session.deployment.notify('resume', target['name'])}"])


def pause(
    session: Session,
    target: Target,
    reason: Annotated[str | None, typer.Option(help="Why, for whoever looks next.")] = None,
) -> None:
    """Stop sending through a target; what is due waits."""
    said = {} if reason is None else {"reason": reason}
    found = session.ask("POST", f"{_path(session, target)}/pause", said)
    _answer(session, found, "is paused: nothing is sent, and what is due waits.")


def resume(session: Session, target: Target) -> None:
    """Send through a target again, whoever paused it."""
    found = session.ask("POST", f"{_path(session, target)}/resume")
    _answer(session, found, "is active: what waited goes with the next tick, within a minute.")


def _path(session: Session, target: str) -> str:
    return f"/targets/{target_named(session, target)['id']}"


def target_named(session: Session, name: str) -> dict[str, Any]:
    """Return the target with this name or id, in whatever case. Raises Trouble."""
    known = session.targets()
    exact = [each for each in known if name in (each["id"], each["name"])]
    same = exact or [each for each in known if each["name"].lower() == name.lower()]
    if len(same) == 1:
        return same[0]
    names = ", ".join(plain(each["name"]) for each in known)
    raise Trouble(f"There is no target {plain(name)}.", f"There are: {names}")


def _answer(session: Session, target: dict[str, Any], says: str) -> None:
    if session.json:
        session.print_json(target)
    else:
        session.out.print(Text(f"{plain(target['name'])} {says}"))
