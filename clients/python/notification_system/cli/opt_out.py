"""`notify opt-out`."""

from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.text import Text

from notification_system.cli.errors import CliError
from notification_system.cli.formatting import plain, pluralize
from notification_system.cli.jobs import wait_for_job
from notification_system.cli.options import command
from notification_system.cli.session import Session
from notification_system.cli.tables import Rows, table

Targets = Annotated[list[str] | None, typer.Option(help="Only for this target; repeatable.")]
Categories = Annotated[list[str] | None, typer.Option(help="Only for this category; repeatable.")]


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "opt-out", "People")(opt_out)


def opt_out(
    session: Session,
    user: Annotated[str, typer.Argument(help="The user: your own id of the person.")],
    target: Targets = None,
    category: Categories = None,
    end: Annotated[bool, typer.Option("--end", help="End the opt-out.")] = False,
    show: Annotated[
        bool, typer.Option("--show", help="Show the user's opt-outs without changing them.")
    ] = False,
) -> None:
    """Opt a user out, of everything or in part. Waiting notifications end as OPTED OUT.

    If a user has more than about 900 notifications, a job ends the rest; the command waits for it.
    """
    path = f"/opt-outs/{quote(user, safe='')}"
    if show:
        if end or target or category:
            raise typer.BadParameter("cannot be combined with changes", param_hint="--show")
        consent = _read(session, path)
        if consent is None:
            session.check_user(user)
    else:
        targets = [session.target_name(name) for name in target or ()]
        request = {"active": not end, "targets": targets, "categories": category or []}
        consent = _set(session, path, request)
    if session.json:
        session.print_json(consent)
        return
    if consent is None:
        session.out.print(Text(f"{plain(user)} has not opted out of anything."))
        return
    names = session.target_names()
    session.out.print(Text(f"{plain(user)} {describe_scope(consent, names)}"))
    if consent.get("opted_out"):
        waiting = pluralize(consent["opted_out"], "waiting notification")
        session.out.print(f"{waiting} ended as OPTED OUT.")
    if show:
        session.out.print(_ledger(session, consent, names))


def _set(session: Session, path: str, request: dict[str, Any]) -> Any:
    """Opt the user out or in, and return the opt-out once no further messages are sent."""
    answer = session.call("PUT", path, request)
    if answer.status != HTTPStatus.ACCEPTED:
        return answer.body
    job = wait_for_job(session, answer.body, "ending waiting notifications")
    ended = job["counts"].get("opted_out", 0)
    return session.request("GET", path) | {"opted_out": ended}


def _read(session: Session, path: str) -> Any:
    """Return a user's opt-out, or None if there is none."""
    try:
        return session.request("GET", path)
    except CliError as error:
        if error.code != "not-found" or session.json:
            raise
        return None


def describe_scope(consent: dict[str, Any], names: dict[str, str]) -> str:
    """Return what a user has opted out of, as the rest of a sentence."""
    if consent["everything"]:
        return "has opted out of everything."
    parts = [plain(names.get(target, target)) for target in consent["targets"]]
    parts += [f"the category {category}" for category in consent["categories"]]
    return f"has opted out of {', '.join(parts)}." if parts else "has not opted out of anything."


def _ledger(session: Session, consent: dict[str, Any], names: dict[str, str]) -> Rows:
    when = session.heading("WHEN", (entry["at"] for entry in consent["entries"]))
    rows = table(when, "CHOICE", "SCOPE", "SOURCE", "EVIDENCE", fold=["SCOPE", "EVIDENCE"])
    for entry in consent["entries"]:
        kind, _, name = entry["scope"].partition(":")
        scope = f"{kind} {names.get(name, name)}" if name else kind
        rows.add_row(
            session.short_time(entry["at"]),
            "opt-out" if entry["active"] else "opt-in",
            Text(plain(scope)),
            entry["source"],
            Text(plain(entry["evidence"])),
        )
    return rows
