"""`notify list`, `show`, `explain` and `cancel`."""

from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.padding import Padding
from rich.text import Text

from notification_system.cli import formatting
from notification_system.cli.formatting import facts, long_time, plain, short_time, table
from notification_system.cli.session import Session, command

#: Lines of a body that are shown; `--json` has it whole.
BODY_LINES = 8

Id = Annotated[str, typer.Argument(metavar="ID", help="The notification's id.")]

CANCELLED = {
    "cancelled": "Cancelled: it will not be sent.",
    "too_late": "Too late: it is being sent, or was.",
    "already_final": "Nothing to cancel: it had ended already.",
}


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    for name, function in (
        ("list", list_),
        ("show", show),
        ("explain", explain),
        ("cancel", cancel),
    ):
        command(app, name, "Notifications")(function)


def list_(
    session: Session,
    user: Annotated[str | None, typer.Option(help="A user's notifications, newest first.")] = None,
    failed: Annotated[
        bool, typer.Option("--failed", help="What failed, of all users, newest first.")
    ] = False,
    target: Annotated[str | None, typer.Option(help="With --failed: only by this target.")] = None,
    status: Annotated[
        str | None, typer.Option(help="Only with this status, such as 'DELIVERY FAILURE'.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 20,
) -> None:
    """List a user's notifications, or what failed."""
    if failed == (user is not None):
        raise typer.BadParameter("name either --user or --failed", param_hint="--user")
    if target is not None and not failed:
        raise typer.BadParameter("goes with --failed", param_hint="--target")
    status = status.upper().replace("_", " ") if status else None
    if user is not None:
        page = session.pages("/notifications", limit, user=user, status=status)
    else:
        page = _failed(session, target, status, limit)
    if session.json:
        session.print_json(page)
        return
    if not page["items"]:
        session.out.print("There are none.")
        return
    session.out.print(_rows(session, page["items"], failed=failed))
    if page["next"] is not None:
        session.out.print(f"There are more: --limit {limit * 2} shows them.", style="dim")


def _failed(session: Session, target: str | None, status: str | None, limit: int) -> dict[str, Any]:
    """Return what failed in one target, or in all of them together, newest first."""
    if target is not None:
        return session.pages("/notifications", limit, target=target, status=status)
    ids = [each["id"] for each in session.targets()]
    with ThreadPoolExecutor(max(len(ids), 1)) as workers:
        pages = list(
            workers.map(
                lambda each: session.pages("/notifications", limit, target=each, status=status), ids
            )
        )
    items = [item for page in pages for item in page["items"]]
    items.sort(key=lambda each: str(each["updated_at"]), reverse=True)
    more = len(items) > limit or any(page["next"] for page in pages)
    return {"items": items[:limit], "next": "" if more else None}


def _rows(session: Session, items: list[dict[str, Any]], *, failed: bool) -> Any:
    names = session.target_names()
    when = "FAILED" if failed else "DUE"
    rows = table(when, "STATUS", "TARGET", "NOTIFICATION", fold=["NOTIFICATION"])
    for each in items:
        what = Text(formatting.content(each["title"]), no_wrap=True, overflow="ellipsis")
        what.append(f"\n{each['id']}", style="dim")
        if failed and (error := each["last_error"]):
            what.append(f"\n{plain(error['code'])}: {plain(error['message'])}", style="dim")
        rows.add_row(
            short_time(each["updated_at" if failed else "scheduled_delivery"], session.now),
            formatting.status(each["status"]),
            Text(plain(names.get(each["target"], "-"))),
            what,
        )
    return rows


def show(session: Session, notification: Id) -> None:
    """Show a notification and its timeline."""
    found = session.ask("GET", f"/notifications/{_path(notification)}")
    if session.json:
        session.print_json(found)
        return
    session.out.print(Text(formatting.content(found["title"]), style="bold"))
    session.out.print(facts(_facts(session, found)))
    session.out.print(Text("\nBody", style="bold"))
    lines = formatting.content(found["body"]).splitlines()
    shown = "\n".join(lines[:BODY_LINES]) + ("\n..." if len(lines) > BODY_LINES else "")
    session.out.print(Padding(Text(shown[:2000], overflow="fold"), (0, 0, 1, 2)))
    session.out.print(_timeline(session, found["timeline"]))


def _facts(session: Session, found: dict[str, Any]) -> dict[str, Any]:
    error, now = found["last_error"], session.now
    confirmation = found["confirmation"]
    state = formatting.status(found["status"])
    if confirmation:
        state.append(f"  confirmation {confirmation}", style="dim")
    return {
        "id": found["id"],
        "status": state,
        "user": found["user"],
        "target": session.target_names().get(found["target"]),
        "record": found["target_user_record"],
        "category": found["category"],
        "due": long_time(found["scheduled_delivery"], now),
        "not from": found["deliver_before"] and long_time(found["deliver_before"], now),
        "attempted": found["attempted_delivery"] and long_time(found["attempted_delivery"], now),
        "failed": f"{found['retry_attempts']} of {found['max_retries']} attempts",
        "next attempt": found["next_attempt"] and long_time(found["next_attempt"], now),
        "message id": found["provider_message_id"],
        "last error": error and f"{error['class']}, {error['code']}: {error['message']}",
    }


def _timeline(session: Session, entries: list[dict[str, Any]]) -> Any:
    rows = table("WHEN", "WHAT", "CODE", "DETAIL", fold=["DETAIL", "CODE"])
    for each in entries:
        code, detail = Text(plain(each["code"])), Text(plain(each["detail"]))
        rows.add_row(short_time(each["at"], session.now), Text(plain(each["event"])), code, detail)
    return rows


def explain(session: Session, notification: Id) -> None:
    """Say why a notification is where it is, and what would make it go."""
    found = session.ask("GET", f"/notifications/{_path(notification)}/explanation")
    if session.json:
        session.print_json(found)
        return
    session.out.print(
        facts(
            {
                "id": found["id"],
                "status": formatting.status(found["status"]),
                "address": found["address"] or "its record was deleted",
            }
        )
    )
    session.out.print()
    rows = table("WHEN", "ABOUT", "WHAT WAS DECIDED", fold=["WHAT WAS DECIDED"])
    for each in found["decisions"]:
        said = Text(plain(each["message"]))
        for more in (each["code"], each["docs_url"]):
            if more:
                said.append(f"\n{plain(more)}", style="dim")
        when = short_time(each["at"], session.now) if each["at"] else "now"
        rows.add_row(when, Text(plain(each["topic"])), said)
    session.out.print(rows)
    remedy = plain(found["next_step"])
    session.out.print(Text.assemble(("\nWhat would make it go: ", "bold"), remedy))


def cancel(session: Session, notification: Id) -> None:
    """Take a notification back. Exit code 1 when it is too late."""
    found = session.ask("POST", f"/notifications/{_path(notification)}/cancel")
    if session.json:
        session.print_json(found)
    else:
        state = found["notification"]["status"]
        session.out.print(Text(f"{CANCELLED[found['result']]} Its status is {state}."))
    if found["result"] != "cancelled":
        raise typer.Exit(1)


def _path(notification: str) -> str:
    return quote(notification, safe="")
