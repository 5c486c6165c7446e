"""`notify list`, `show`, `explain`, `reschedule` and `cancel`."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.padding import Padding
from rich.text import Text

from notification_content.html_text import text_of
from notification_content.markup import is_html
from notification_system.cli import formatting
from notification_system.cli.formatting import plain, read_time
from notification_system.cli.listing import (
    Category,
    Filters,
    Limit,
    Since,
    StatusName,
    Target,
    Until,
    announce_more,
    rows_of,
    select,
    status_name,
)
from notification_system.cli.options import command
from notification_system.cli.session import Session
from notification_system.cli.tables import Rows, field_table, table

#: The number of lines of a body that are shown; `--json` prints all of it.
BODY_LINES = 8

Id = Annotated[str, typer.Argument(metavar="ID", help="The notification's id.")]

User = Annotated[str | None, typer.Option(help="A user's notifications, newest first.")]
Failed = Annotated[
    bool, typer.Option("--failed", help="Failed notifications of all users, newest first.")
]

When = Annotated[
    str,
    typer.Argument(
        metavar="WHEN", help="The new time: 18:30, 2026-01-31T18:30, +2h from now, or now."
    ),
]
Before = Annotated[str | None, typer.Option("--before", help="Never send it at or after this.")]
AnyTime = Annotated[bool, typer.Option("--no-before", help="Send it however late it is.")]

CHANGED = {
    "changed": "Rescheduled: it is due at {due}.",
    "unchanged": "Nothing to change: it is due at {due}.",
    "too_late": "Too late: it is being sent, or has been sent.",
    "already_final": "Nothing to reschedule: it had already ended.",
}
CANCELLED = {
    "cancelled": "Cancelled: it will not be sent.",
    "too_late": "Too late: it is being sent, or has been sent.",
    "already_final": "Nothing to cancel: it had already ended.",
}


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    for name, function in (
        ("list", list_),
        ("show", show),
        ("explain", explain),
        ("reschedule", reschedule),
        ("cancel", cancel),
    ):
        command(app, name, "Notifications")(function)


def list_(
    session: Session,
    user: User = None,
    failed: Failed = False,
    since: Since = None,
    until: Until = None,
    target: Target = None,
    category: Category = None,
    status: StatusName = None,
    limit: Limit = 20,
) -> None:
    """List a user's notifications, or failed notifications."""
    if failed == (user is not None):
        raise typer.BadParameter(
            "say which notifications: pass --user ID or --failed; `notify find TEXT` searches by "
            "address, id, reference or user",
            param_hint="--user",
        )
    filters = Filters(
        since=session.past_time(since, "--since"),
        until=session.past_time(until, "--until"),
        category=category,
        time="updated_at" if failed else "scheduled_delivery",
    )
    if user is not None:
        target_id = session.target(target)["id"] if target else None
        own = replace(filters, target=target_id)
        page = select(session, "/notifications", limit, own, user=user, status=status_name(status))
    else:
        page = _failed(session, target, status_name(status), limit, filters)
    if session.json:
        session.print_json(page)
        return
    if not page["items"]:
        if user is not None:
            session.check_user(user)
        session.out.print(f"No notifications{filters.describe(session)}.")
        return
    session.out.print(rows_of(session, page["items"], failed=failed))
    announce_more(session, page, limit)


def _failed(
    session: Session, target: str | None, status: str | None, limit: int, filters: Filters
) -> dict[str, Any]:
    """Return the failed notifications of one target, or of all targets, newest first."""

    def is_past(item: Mapping[str, Any]) -> bool:
        return filters.since is not None and read_time(item["updated_at"]) < filters.since

    def page_of(name: str) -> dict[str, Any]:
        query = {"target": name, "status": status}
        return select(session, "/notifications", limit, filters, is_past, **query)

    if target is not None:
        return page_of(session.target_name(target))
    ids = [target["id"] for target in session.targets()]
    with ThreadPoolExecutor(max(len(ids), 1)) as workers:
        pages = list(workers.map(page_of, ids))
    items = [item for page in pages for item in page["items"]]
    items.sort(key=lambda item: str(item["updated_at"]), reverse=True)
    more = len(items) > limit or any(page["next"] is not None for page in pages)
    return {"items": items[:limit], "next": "" if more else None}


def show(session: Session, notification_id: Id) -> None:
    """Show a notification and its timeline."""
    notification = session.request("GET", f"/notifications/{_path(notification_id)}")
    if session.json:
        session.print_json(notification)
        return
    session.out.print(Text(formatting.headline(notification), style="bold"))
    session.out.print(field_table(_fields(session, notification)))
    if problem := notification.get("content_error"):
        session.out.print(Text(f"\nIts texts cannot be shown: {plain(problem)}."))
    heading, body = _body(notification["body"])
    session.out.print(Text(f"\n{heading}", style="bold"))
    lines = body.splitlines()
    shown = "\n".join(lines[:BODY_LINES]) + ("\n..." if len(lines) > BODY_LINES else "")
    session.out.print(Padding(Text(shown[:2000], overflow="fold"), (0, 0, 1, 2)))
    session.out.print(_timeline(session, notification["timeline"]))


def _body(body: str | None) -> tuple[str, str]:
    """Return the heading and the text of a body; of a page of HTML, what a reader sees."""
    if body is not None and is_html(body):
        return "Body, the text of its HTML; --json prints the page", plain(text_of(body))
    return "Body", formatting.content(body)


def _fields(session: Session, notification: dict[str, Any]) -> dict[str, Any]:
    error = notification["last_error"]
    confirmation = notification["confirmation"]
    state = formatting.status(notification["status"])
    if confirmation:
        state.append(f"  confirmation {confirmation}", style="dim")
    return {
        "id": notification["id"],
        "status": state,
        "user": notification["user"],
        "target": session.target_names().get(notification["target"]),
        "record": notification["target_user_record"],
        "sms": _sms(notification.get("sms")),  # absent in older deployments
        "template": _template(notification),
        "category": notification["category"],
        "reference": notification.get("reference"),  # absent in older deployments
        "due": session.long_time(notification["scheduled_delivery"]),
        "deliver before": _optional_time(session, notification["deliver_before"]),
        "attempted": _optional_time(session, notification["attempted_delivery"]),
        "failed": f"{notification['retry_attempts']} of {notification['max_retries']} attempts",
        "next attempt": _optional_time(session, notification["next_attempt"]),
        "message id": notification["provider_message_id"],
        "last error": error and f"{error['class']}, {error['code']}: {error['message']}",
    }


def _template(notification: Mapping[str, Any]) -> str | None:
    name = notification.get("template")  # absent in older deployments
    return name and f"{name}, in {notification['locale']}"


def _sms(size: Mapping[str, Any] | None) -> str | None:
    if size is None:
        return None
    segments = formatting.pluralize(size["segments"], "segment")
    return f"{segments}, {size['encoding']}, {size['units']} units"


def _optional_time(session: Session, value: str | None) -> str | None:
    return value and session.long_time(value)


def _timeline(session: Session, events: list[dict[str, Any]]) -> Rows:
    when = session.heading("WHEN", (event["at"] for event in events))
    rows = table(when, "EVENT", "CODE", "DETAIL", fold=["DETAIL", "CODE"])
    for event in events:
        rows.add_row(
            session.short_time(event["at"]),
            Text(plain(event["event"])),
            Text(plain(event["code"])),
            Text(plain(event["detail"])),
        )
    return rows


def explain(session: Session, notification_id: Id) -> None:
    """Explain a notification's status, and the next step that would get it sent."""
    explanation = session.request("GET", f"/notifications/{_path(notification_id)}/explanation")
    if session.json:
        session.print_json(explanation)
        return
    session.out.print(
        field_table(
            {
                "id": explanation["id"],
                "status": formatting.status(explanation["status"]),
                "address": explanation["address"] or "its record was deleted",
            }
        )
    )
    session.out.print()
    when = session.heading("WHEN", (decision["at"] for decision in explanation["decisions"]))
    rows = table(when, "TOPIC", "DECISION", fold=["DECISION"])
    for decision in explanation["decisions"]:
        message = Text(session.zone.localized(plain(decision["message"])))
        for detail in (decision["code"], decision["docs_url"]):
            if detail:
                message.append(f"\n{plain(detail)}", style="dim")
        at = session.short_time(decision["at"]) if decision["at"] else "now"
        rows.add_row(at, Text(plain(decision["topic"])), message)
    session.out.print(rows)
    next_step = session.zone.localized(plain(explanation["next_step"]))
    session.out.print(Text.assemble(("\nNext step: ", "bold"), next_step))


def reschedule(
    session: Session,
    notification_id: Id,
    when: When,
    before: Before = None,
    no_before: AnyTime = False,
) -> None:
    """Move a notification to another time. Exit code 1 if it is too late."""
    if before is not None and no_before:
        raise typer.BadParameter("pass --before or --no-before", param_hint="--no-before")
    at = session.future_time(when, "WHEN")
    if at is not None and at < session.now:
        raise typer.BadParameter(
            f"{session.zone.long(at)} is in the past; write now to send it at once",
            param_hint="WHEN",
        )
    end = session.future_time(before, "--before")
    changes = {"scheduled_delivery": at and at.isoformat()}
    if end is not None or no_before:
        changes["deliver_before"] = end and end.isoformat()
    answer = session.request("PATCH", f"/notifications/{_path(notification_id)}", changes)
    notification, result = answer["notification"], answer["result"]
    if session.json:
        session.print_json(answer)
    else:
        due = notification["next_attempt"]
        text = CHANGED[result].format(due=due and session.long_time(due))
        session.out.print(Text(f"{text} Its status is {notification['status']}."))
    if result not in {"changed", "unchanged"}:
        raise typer.Exit(1)


def cancel(session: Session, notification_id: Id) -> None:
    """Cancel a notification. Exit code 1 if it is too late."""
    answer = session.request("POST", f"/notifications/{_path(notification_id)}/cancel")
    if session.json:
        session.print_json(answer)
    else:
        status = answer["notification"]["status"]
        session.out.print(Text(f"{CANCELLED[answer['result']]} Its status is {status}."))
    if answer["result"] != "cancelled":
        raise typer.Exit(1)


def _path(notification_id: str) -> str:
    return quote(notification_id, safe="")
