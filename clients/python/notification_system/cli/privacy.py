"""`notify export` and `erase`: the data that is stored about one person."""

from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.text import Text

from notification_system.cli.formatting import content, plain, pluralize, read_time, status
from notification_system.cli.jobs import format_counts, wait_for_job
from notification_system.cli.opt_out import describe_scope
from notification_system.cli.options import command
from notification_system.cli.session import PAGE, Session, unknown_user
from notification_system.cli.tables import Rows, one_line, table
from notification_system.cli.user_settings import describe_settings
from notification_system.requests import path_of

LABELS = {"records": "addresses", "opt_outs": "opt-outs"}

User = Annotated[str, typer.Argument(help="Your own id of the person.")]

#: The number of notifications that are shown; `--json` prints all of them completely.
SHOWN = 20


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    command(app, "export", "People")(export)
    command(app, "erase", "People")(erase)


def export(session: Session, user: User) -> None:
    """Show the data that is stored about a person; --json prints all of it, to hand over."""
    document = _export(session, user)
    if session.json:
        session.print_json(document)
        return
    if not any(document.get(part) for part in ("records", "opt_out", "settings", "notifications")):
        raise unknown_user(session, user)
    records, notifications = document["records"], document["notifications"]
    addresses = pluralize(len(records), "address", "addresses")
    number = pluralize(len(notifications), "notification")
    session.out.print(Text(f"{plain(user)}: {addresses}, {number}"))
    if consent := document["opt_out"]:
        session.out.print(Text(f"  {describe_scope(consent, session.target_names())}"))
    if settings := document.get("settings"):
        session.out.print(Text(f"  {describe_settings(settings)}"))
    for record in records:
        state = "on" if record["active"] else "off"
        session.out.print(Text(f"  {plain(record['target_user_id'])} ({state})", overflow="fold"))
    if notifications:
        session.out.print(_rows(session, notifications[:SHOWN]))
    session.out.print("--json prints everything, with bodies and timelines.", style="dim")


def _rows(session: Session, notifications: list[dict[str, Any]]) -> Rows:
    heading = session.heading("DUE", (item["scheduled_delivery"] for item in notifications))
    rows = table(heading, "STATUS", "TITLE")
    for item in notifications:
        at = read_time(item["scheduled_delivery"])
        rows.add_row(
            f"{session.zone.local(at):%Y-%m-%d %H:%M}",
            status(item["status"]),
            one_line(content(item["title"])),
        )
    return rows


def _export(session: Session, user: str) -> dict[str, Any]:
    """Return all pages as one; the data beside the notifications is on the first page."""
    path = f"/users/{quote(user, safe='')}/export"
    document: dict[str, Any] = session.request("GET", path_of(path, limit=PAGE))
    while document["next"] is not None:
        page = session.request("GET", path_of(path, limit=PAGE, next=document["next"]))
        document["notifications"] += page["notifications"]
        document["next"] = page["next"]
    return document


def erase(
    session: Session,
    user: User,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")] = False,
) -> None:
    """Erase the data that is stored about a person. It cannot be undone."""
    session.check_user(user)
    if not yes:
        session.confirm(f"Erase every address and notification of {plain(user)} permanently?")
    job = session.request("DELETE", f"/users/{quote(user, safe='')}")
    ended = wait_for_job(session, job, "erasing")
    if session.json:
        session.print_json(ended)
        return
    session.out.print(Text(f"{plain(user)} is erased."))
    if ended["counts"]:
        session.out.print(format_counts(ended["counts"], LABELS))
