"""`notify send`."""

import json
import sys
from http import HTTPStatus
from typing import Annotated, Any

import typer
from rich.text import Text

from notification_system.cli.errors import CliError
from notification_system.cli.formatting import plain, pluralize, short_time, status, table
from notification_system.cli.session import Session, command, is_relative

Targets = Annotated[
    list[str] | None, typer.Option("--target", help="Only through this target; repeatable.")
]
At = Annotated[str | None, typer.Option(help="Time: 20m from now, or 2027-01-31T08:00:00Z.")]
Before = Annotated[str | None, typer.Option(help="Do not deliver later than this; as --at.")]
Extra = Annotated[
    str | None, typer.Option(metavar="JSON", help="Further fields for the target's handler.")
]
Key = Annotated[
    str | None, typer.Option(help="A key of yours; a repeated request with it sends nothing new.")
]


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "send", "Notifications")(send)


def send(
    session: Session,
    user: Annotated[str, typer.Argument(help="The user: your own id of the person.")],
    title: Annotated[str, typer.Argument(help="The title, one line.")],
    body: Annotated[str, typer.Argument(help="The body; - reads it from standard input.")],
    target: Targets = None,
    record: Annotated[str | None, typer.Option(help="Only to this record of the user.")] = None,
    at: At = None,
    before: Before = None,
    category: Annotated[str | None, typer.Option(help="The category, for opt-outs.")] = None,
    extra: Extra = None,
    idempotency_key: Key = None,
) -> None:
    """Send a notification to a user, now or later."""
    if record is not None and target:
        raise typer.BadParameter(
            "cannot be combined with --record, which has a target", param_hint="--target"
        )
    if idempotency_key is not None and any(map(is_relative, filter(None, (at, before)))):
        message = "needs an absolute time, because 20m is a different time at each run"
        raise typer.BadParameter(message, param_hint="--idempotency-key")
    request: dict[str, Any] = {
        "title": title,
        "body": sys.stdin.read() if body == "-" else body,
        "targets": target or None,
        "scheduled_delivery": session.future_time(at, "--at"),
        "deliver_before": session.future_time(before, "--before"),
        "category": category,
        "extra": _extra(extra),
    }
    request |= {"user": user} if record is None else {"target_user_record": record}
    if record is not None:
        _check_owner(session, record, user)
    request = {name: value for name, value in request.items() if value is not None}
    headers = {"Idempotency-Key": idempotency_key} if idempotency_key is not None else None
    answer = session.call("POST", "/notifications", request, headers)
    if session.json:
        session.print_json(answer.body)
    else:
        _show(session, answer.body["items"], again=answer.status == HTTPStatus.OK)


def _extra(text: str | None) -> Any:
    try:
        extra = json.loads(text) if text is not None else None
    except ValueError as error:
        raise typer.BadParameter(f"is not JSON: {error}", param_hint="--extra") from error
    if not isinstance(extra, dict | None):
        raise typer.BadParameter(
            'must be an object, such as {"sound": "default"}', param_hint="--extra"
        )
    return extra


def _check_owner(session: Session, record_id: str, user: str) -> None:
    record = session.request("GET", f"/target-user-records/{record_id}")
    if record["user"] != user:
        raise CliError(
            f"The record {record_id} does not belong to {plain(user)}.",
            f"To list the user's records, run: {session.deployment.notify('records', user)}",
        )


def _show(session: Session, items: list[dict[str, Any]], *, again: bool) -> None:
    if again:
        session.out.print(
            "The key was used before: nothing new is sent. The original request created:"
        )
    else:
        session.out.print(f"Created {pluralize(len(items), 'notification')}:")
    names = session.target_names()
    rows = table("NOTIFICATION", "TARGET", "STATUS", "DUE")
    for notification in items:
        due = short_time(notification["scheduled_delivery"], session.now)
        target = plain(names.get(notification["target"], "-"))
        rows.add_row(notification["id"], Text(target), status(notification["status"]), due)
    session.out.print(rows)
