"""`notify send`."""

import json
import sys
from http import HTTPStatus
from typing import Annotated, Any

import typer
from rich.text import Text

from notification_system.cli.errors import Trouble
from notification_system.cli.formatting import counted, plain, short_time, status, table
from notification_system.cli.session import Session, command, is_relative

Targets = Annotated[
    list[str] | None, typer.Option("--target", help="Only by this target; repeatable.")
]
At = Annotated[str | None, typer.Option(help="When: 20m from now, or 2027-01-31T08:00:00Z.")]
Extra = Annotated[
    str | None, typer.Option(metavar="JSON", help="What the target's handler takes beside.")
]
Key = Annotated[
    str | None, typer.Option(help="A name of yours: said twice, nothing is sent twice.")
]


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "send", "Notifications")(send)


def send(
    session: Session,
    user: Annotated[str, typer.Argument(help="Whom to tell: your own id of a person.")],
    title: Annotated[str, typer.Argument(help="One line.")],
    body: Annotated[str, typer.Argument(help="The text; - reads it from standard input.")],
    target: Targets = None,
    record: Annotated[str | None, typer.Option(help="Only to this record of the user.")] = None,
    at: At = None,
    before: Annotated[str | None, typer.Option(help="From then on never. As --at.")] = None,
    category: Annotated[str | None, typer.Option(help="What it is about, for opt-outs.")] = None,
    extra: Extra = None,
    idempotency_key: Key = None,
) -> None:
    """Tell a user something, now or later."""
    if record is not None and target:
        raise typer.BadParameter("a record has its target already", param_hint="--target")
    if idempotency_key is not None and any(map(is_relative, filter(None, (at, before)))):
        said = "with a key write the time itself: 20m is another time at each run"
        raise typer.BadParameter(said, param_hint="--idempotency-key")
    request: dict[str, Any] = {
        "title": title,
        "body": sys.stdin.read() if body == "-" else body,
        "targets": target or None,
        "scheduled_delivery": session.ahead(at, "--at"),
        "deliver_before": session.ahead(before, "--before"),
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
        found = json.loads(text) if text is not None else None
    except ValueError as error:
        raise typer.BadParameter(f"is no JSON: {error}", param_hint="--extra") from error
    if not isinstance(found, dict | None):
        raise typer.BadParameter(
            'must be an object, such as {"sound": "default"}', param_hint="--extra"
        )
    return found


def _check_owner(session: Session, record: str, user: str) -> None:
    found = session.ask("GET", f"/target-user-records/{record}")
    if found["user"] != user:
        raise Trouble(
            f"The record {record} is not one of {plain(user)}'s.",
            f"Theirs are: {session.deployment.notify('records', user)}",
        )


def _show(session: Session, items: list[dict[str, Any]], *, again: bool) -> None:
    if again:
        session.out.print("This key was used before: nothing new is sent. What was asked for then:")
    else:
        session.out.print(f"Asked for {counted(len(items), 'notification')}:")
    names = session.target_names()
    rows = table("NOTIFICATION", "TARGET", "STATUS", "DUE")
    for each in items:
        due = short_time(each["scheduled_delivery"], session.now)
        target = plain(names.get(each["target"], "-"))
        rows.add_row(each["id"], Text(target), status(each["status"]), due)
    session.out.print(rows)
