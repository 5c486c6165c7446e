"""`notify export` and `erase`: all that is known of one person."""

from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.text import Text

from notification_system.cli.formatting import content, counted, plain, status, table
from notification_system.cli.jobs import followed, said
from notification_system.cli.session import PAGE, Session, command
from notification_system.signed_caller import with_query

WORDS = {"records": "addresses", "opt_outs": "opt-outs"}

User = Annotated[str, typer.Argument(help="Your own id of the person.")]

#: Notifications that are shown; `--json` has all of them, whole.
SHOWN = 20


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    command(app, "export", "People")(export)
    command(app, "erase", "People")(erase)


def export(session: Session, user: User) -> None:
    """Show all that is known of a person; --json is the whole of it, to hand over."""
    found = _exported(session, user)
    if session.json:
        session.print_json(found)
        return
    records, sent = found["records"], found["notifications"]
    opted_out = "yes" if (found["opt_out"] or {}).get("active") else "no"
    session.out.print(
        Text(
            f"{plain(user)}: {counted(len(records), 'address').replace('addresss', 'addresses')}, "
            f"{counted(len(sent), 'notification')}, opted out: {opted_out}"
        )
    )
    for each in records:
        state = "on" if each["active"] else "off"
        session.out.print(Text(f"  {plain(each['target_user_id'])} ({state})", overflow="fold"))
    rows = table("DUE", "STATUS", "TITLE")
    for each in sent[:SHOWN]:
        rows.add_row(
            each["scheduled_delivery"][:16].replace("T", " "),
            status(each["status"]),
            Text(content(each["title"])),
        )
    if sent:
        session.out.print(rows)
    session.out.print("--json has all of it, with bodies and timelines.", style="dim")


def _exported(session: Session, user: str) -> dict[str, Any]:
    """Return all pages as one; what stands beside the notifications comes with the first."""
    path = f"/users/{quote(user, safe='')}/export"
    found: dict[str, Any] = session.ask("GET", with_query(path, limit=PAGE))
    while found["next"] is not None:
        page = session.ask("GET", with_query(path, limit=PAGE, next=found["next"]))
        found["notifications"] += page["notifications"]
        found["next"] = page["next"]
    return found


def erase(
    session: Session,
    user: User,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Erase all that is known of a person. It cannot be undone."""
    if not yes:
        session.confirm(f"Erase every address and notification of {plain(user)} for good?")
    job = session.ask("DELETE", f"/users/{quote(user, safe='')}")
    done = followed(session, job, "erasing")
    if session.json:
        session.print_json(done)
        return
    session.out.print(Text(f"{plain(user)} is erased."))
    if done["counts"]:
        session.out.print(said(done["counts"], WORDS))
