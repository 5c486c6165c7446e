"""`notify opt-out`."""

from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.text import Text

from notification_system.cli.errors import Trouble
from notification_system.cli.formatting import counted, plain, short_time, table
from notification_system.cli.jobs import followed
from notification_system.cli.session import Session, command


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "opt-out", "People")(opt_out)


def opt_out(
    session: Session,
    user: Annotated[str, typer.Argument(help="Who does not want to be told.")],
    target: Annotated[
        list[str] | None, typer.Option(help="Only by this target; repeatable.")
    ] = None,
    category: Annotated[
        list[str] | None, typer.Option(help="Only of this category; repeatable.")
    ] = None,
    end: Annotated[bool, typer.Option("--end", help="They want to be told again.")] = False,
    show: Annotated[bool, typer.Option("--show", help="Change nothing: say what holds.")] = False,
) -> None:
    """Opt a user out, of everything or in part. What waited ends; nothing more goes out.

    Of a user with more than about 900 notifications a job ends the rest, and is waited for.
    """
    path = f"/opt-outs/{quote(user, safe='')}"
    if show:
        if end or target or category:
            raise typer.BadParameter("goes alone: it changes nothing", param_hint="--show")
        found = _read(session, path)
    else:
        said = {"active": not end, "targets": target or [], "categories": category or []}
        found = _set(session, path, said)
    if session.json:
        session.print_json(found)
        return
    if found is None:
        session.out.print(Text(f"{plain(user)} has not opted out of anything."))
        return
    names = session.target_names()
    session.out.print(Text(f"{plain(user)} {_covered(found, names)}"))
    if found.get("opted_out"):
        waiting = counted(found["opted_out"], "waiting notification")
        session.out.print(f"{waiting} ended as OPTED OUT.")
    if show:
        session.out.print(_ledger(session, found, names))


def _set(session: Session, path: str, request: dict[str, Any]) -> Any:
    """Opt the user out, or in again; returns what holds once nothing more goes out."""
    answer = session.call("PUT", path, request)
    if answer.status != HTTPStatus.ACCEPTED:
        return answer.body
    job = followed(session, answer.body, "ending what waits")
    ended = job["counts"].get("opted_out", 0)
    return session.ask("GET", path) | {"opted_out": ended}


def _read(session: Session, path: str) -> Any:
    """Return what a user has said; None where that is nothing."""
    try:
        return session.ask("GET", path)
    except Trouble as trouble:
        if trouble.code != "not-found" or session.json:
            raise
        return None


def _covered(found: dict[str, Any], names: dict[str, str]) -> str:
    if found["everything"]:
        return "has opted out of everything."
    parts = [plain(names.get(each, each)) for each in found["targets"]]
    parts += [f"the category {each}" for each in found["categories"]]
    return f"has opted out of {', '.join(parts)}." if parts else "has not opted out of anything."


def _ledger(session: Session, found: dict[str, Any], names: dict[str, str]) -> Any:
    rows = table("WHEN", "SAID", "OF", "DOOR", "EVIDENCE", fold=["OF", "EVIDENCE"])
    for each in found["entries"]:
        kind, _, name = each["scope"].partition(":")
        scope = f"{kind} {names.get(name, name)}" if name else kind
        rows.add_row(
            short_time(each["at"], session.now),
            "no" if each["active"] else "yes",
            Text(plain(scope)),
            each["source"],
            Text(plain(each["evidence"])),
        )
    return rows
