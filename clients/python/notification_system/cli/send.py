"""`notify send`."""

import sys
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from notification_system.cli.csv_rows import Template
from notification_system.cli.csv_sending import send_file
from notification_system.cli.errors import CliError
from notification_system.cli.formatting import plain, pluralize, status
from notification_system.cli.json_options import json_object, json_option, read_file
from notification_system.cli.options import command
from notification_system.cli.session import Session
from notification_system.cli.tables import table
from notification_system.cli.times import is_relative
from notification_system.requests import path_of

CSV = "A notification for each row of a file"
DATA = '{"order": "A-17"}'  # an example
TEMPLATE_ONLY = "it goes with --template only"
CSV_ONLY = "it goes with --csv only"
CSV_REPLACES = "--csv replaces it"
MISSING = "pass USER, TITLE and BODY, or USER and --content or --template, or --csv FILE"

User = Annotated[str | None, typer.Argument(help="The user: your own id of the person.")]
Title = Annotated[str | None, typer.Argument(help="The title, one line.")]
Body = Annotated[str | None, typer.Argument(help="The body; - reads it from standard input.")]
Targets = Annotated[
    list[str] | None, typer.Option("--target", help="Only through this target; repeatable.")
]
Record = Annotated[str | None, typer.Option(help="Only to this record of the user.")]
At = Annotated[
    str | None,
    typer.Option(help='Time: 20m, 20:00, "tomorrow 20:00", "mon 20:00" or 2027-01-31T20:00.'),
]
Before = Annotated[str | None, typer.Option(help="Do not deliver later than this; as --at.")]
Category = Annotated[str | None, typer.Option(help="The category, for opt-outs.")]
Extra = Annotated[
    str | None, typer.Option(metavar="JSON", help="Further fields for the target's handler.")
]
Content = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help='JSON with a content by channel: {"email": {"title", "body"}, "sms": {"body"}}.',
    ),
]
TemplateName = Annotated[
    str | None,
    typer.Option(
        "--template", metavar="NAME", help="A template: its published version, or NAME@VERSION."
    ),
]
Data = Annotated[
    str | None,
    typer.Option(metavar="JSON", help="The template's data; @FILE reads a file."),
]
Locale = Annotated[
    str | None, typer.Option(metavar="TAG", help="The template's language. Default: the user's.")
]
Key = Annotated[
    str | None, typer.Option(help="A key of yours; a repeated request with it sends nothing new.")
]
File = Annotated[
    Path | None,
    typer.Option(
        "--csv",
        metavar="FILE",
        help="Columns: user, or address and target; title, body, category, reference.",
        rich_help_panel=CSV,
    ),
]
TitleTemplate = Annotated[
    str | None,
    typer.Option("--title", help="The title; {name} is the column name.", rich_help_panel=CSV),
]
BodyTemplate = Annotated[
    str | None,
    typer.Option("--body", help="The body, as --title; - reads it.", rich_help_panel=CSV),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Check every row; send nothing.", rich_help_panel=CSV)
]
Report = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Write a result for each row.", rich_help_panel=CSV),
]


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "send", "Notifications")(send)


def send(
    session: Session,
    user: User = None,
    title: Title = None,
    body: Body = None,
    target: Targets = None,
    record: Record = None,
    at: At = None,
    before: Before = None,
    category: Category = None,
    extra: Extra = None,
    content: Content = None,
    template: TemplateName = None,
    data: Data = None,
    locale: Locale = None,
    idempotency_key: Key = None,
    csv: File = None,
    title_template: TitleTemplate = None,
    body_template: BodyTemplate = None,
    dry_run: DryRun = False,
    report: Report = None,
) -> None:
    """Send a notification to a user, now or later; or one for each row of a CSV file."""
    _check_times(at, before, idempotency_key, csv)
    times = _times(session, at, before)
    _check_unused({} if template else {"--data": data, "--locale": locale}, TEMPLATE_ONLY)
    fields = {"category": category, "extra": _extra(extra), "locale": locale}
    if csv is not None:
        _check_unused({"USER": user, "--record": record, "--content": content}, CSV_REPLACES)
        texts = {"title": title_template, "body": _read_body(body_template)}
        named = _template_of_rows(session, template, data)
        shared = {**texts, **named, "key_prefix": idempotency_key or "csv"}
        rows = _rows(session, target, fields, times, shared)
        send_file(session, csv, rows, report=report, dry_run=dry_run)
        return
    _check_unused({"--title": title_template, "--body": body_template}, CSV_ONLY)
    _check_unused({"--report": report, "--dry-run": dry_run or None}, CSV_ONLY)
    recipient = _recipient(session, user, record, target)
    texts = _template(title, body, content, template, data) or _texts(title, body, content)
    _send_one(session, {**recipient, **texts, **times, **fields}, idempotency_key)


def _times(session: Session, at: str | None, before: str | None) -> dict[str, datetime | None]:
    return {
        "scheduled_delivery": session.future_time(at, "--at"),
        "deliver_before": session.future_time(before, "--before"),
    }


def _read_body(text: str | None) -> str | None:
    return sys.stdin.read() if text == "-" else text


def _target_names(session: Session, names: list[str] | None) -> list[str]:
    return [session.target_name(name) for name in names or ()]


def _check_times(at: str | None, before: str | None, key: str | None, csv: Path | None) -> None:
    """Reject a time that would be another time, and so another request, when the call is repeated.

    Raises:
        typer.BadParameter: it is a duration, and the request has an idempotency key.
    """
    if (key is not None or csv is not None) and any(map(is_relative, filter(None, (at, before)))):
        option = "--csv" if key is None else "--idempotency-key"
        message = "needs an absolute time, because 20m is a different time at each run"
        raise typer.BadParameter(message, param_hint=option)


def _check_unused(values: Mapping[str, Any], message: str) -> None:
    for name, value in values.items():
        if value is not None:
            raise typer.BadParameter(f"not allowed here: {message}", param_hint=name)


def _present(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in fields.items()
        if value is not None
    }


def _texts(title: str | None, body: str | None, content: Path | None) -> dict[str, Any]:
    if content is None and (title is None or body is None):
        raise typer.BadParameter(MISSING, param_hint="TITLE")
    return {"title": title, "body": _read_body(body), "content": _content(content)}


def _extra(text: str | None) -> dict[str, Any] | None:
    return json_object(text, "--extra", '{"sound": "default"}')


def _content(path: Path | None) -> dict[str, Any] | None:
    text = None if path is None else read_file(path, "--content")
    return json_object(text, "--content", '{"sms": {"body": "Your table is ready."}}')


def _template(
    title: str | None, body: str | None, content: Path | None, name: str | None, data: str | None
) -> dict[str, Any] | None:
    """Return the fields of a request with a template; None without one."""
    if name is None:
        return None
    others = {"TITLE": title, "BODY": body, "--content": content}
    _check_unused(others, "--template replaces it")
    return {"template": name, "data": json_option(data, "--data", DATA)}


def _rows(
    session: Session,
    targets: list[str] | None,
    fields: Mapping[str, Any],
    times: Mapping[str, Any],
    shared: Mapping[str, Any],
) -> Template:
    """Return what all rows of a file share."""
    names = _target_names(session, targets)
    return Template(targets=names, fields=_present(fields), times=_present(times), **shared)


def _template_of_rows(session: Session, name: str | None, data: str | None) -> dict[str, Any]:
    """Return the template of all rows, with the schema of its version."""
    if name is None:
        return {}
    plain_name, _, version = name.partition("@")
    if not version:
        head = session.request("GET", path_of("/templates/{}", plain_name))
        version = str(head["published"] or head["latest"])
    stored = session.request("GET", path_of("/templates/{}/versions/{}", plain_name, version))
    return {
        "name": name,
        "data": json_option(data, "--data", DATA) or {},
        "schema": stored["schema"],
    }


def _recipient(
    session: Session, user: str | None, record: str | None, targets: list[str] | None
) -> dict[str, Any]:
    if user is None:
        raise typer.BadParameter(MISSING, param_hint="USER")
    if record is None:
        return {"user": user, "targets": _target_names(session, targets) or None}
    if targets:
        raise typer.BadParameter(
            "cannot be combined with --record, which has a target", param_hint="--target"
        )
    _check_owner(session, record, user)
    return {"target_user_record": record}


def _send_one(session: Session, request: Mapping[str, Any], key: str | None) -> None:
    headers = {"Idempotency-Key": key} if key is not None else None
    answer = session.call("POST", "/notifications", _present(request), headers)
    if session.json:
        session.print_json(answer.body)
    else:
        repeated = answer.status == HTTPStatus.OK
        _show(session, answer.body["items"], repeated=repeated, at=request["scheduled_delivery"])


def _check_owner(session: Session, record_id: str, user: str) -> None:
    record = session.request("GET", f"/target-user-records/{record_id}")
    if record["user"] != user:
        raise CliError(
            f"The record {record_id} does not belong to {plain(user)}.",
            f"To list the user's records, run: {session.deployment.notify('records', user)}",
        )


def _show(
    session: Session, items: list[dict[str, Any]], *, repeated: bool, at: datetime | None
) -> None:
    if repeated:
        session.out.print(
            "The key was used before: nothing new is sent. The original request created:"
        )
    else:
        scheduled = f", scheduled for {session.zone.long(at)}" if at else ""
        session.out.print(f"Created {pluralize(len(items), 'notification')}{scheduled}:")
    names = session.target_names()
    due = session.heading("DUE", (item["scheduled_delivery"] for item in items))
    rows = table("NOTIFICATION", "TARGET", "STATUS", due)
    for notification in items:
        target = plain(names.get(notification["target"], "-"))
        at_local = session.short_time(notification["scheduled_delivery"])
        rows.add_row(notification["id"], Text(target), status(notification["status"]), at_local)
    session.out.print(rows)
