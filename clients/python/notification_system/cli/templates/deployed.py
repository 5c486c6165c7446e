"""The commands of `notify templates` that read or change the templates of a deployment."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from notification_system.cli.errors import CliError
from notification_system.cli.formatting import plain
from notification_system.cli.options import command
from notification_system.cli.session import Session
from notification_system.cli.tables import table
from notification_system.cli.templates.diffs import print_diff
from notification_system.cli.templates.options import (
    ROOT,
    ConfigurationFile,
    Folder,
    Name,
    Note,
    Version,
    complete_names,
    open_workspace,
)
from notification_system.cli.templates.pushing import Push, push_template
from notification_system.cli.templates.stored import StoredTemplate, head_of, stored_version
from notification_system.cli.templates.writing import write
from notification_system.requests import path_of

PANEL = "In a deployment"

PushedNames = Annotated[
    list[str], typer.Argument(help="The templates.", autocompletion=complete_names)
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the changes; store nothing.")]
Publish = Annotated[bool, typer.Option("--publish", help="Publish what was stored.")]
To = Annotated[
    str,
    typer.Option(metavar="TARGET:ADDRESS", help="The address, such as Email:qa@example.com."),
]
Locale = Annotated[str | None, typer.Option(help="The locale; by default the template's.")]
Data = Annotated[
    str | None,
    typer.Option(metavar="JSON", help="The data, or @FILE; by default the first example."),
]


def add_to(group: typer.Typer) -> None:
    """Add the commands."""
    command(group, "list", PANEL)(list_templates)
    command(group, "diff", PANEL)(diff)
    command(group, "push", PANEL)(push)
    command(group, "publish", PANEL)(publish)
    command(group, "test", PANEL)(send_test)
    command(group, "pull", PANEL)(pull)


def list_templates(session: Session) -> None:
    """List the templates of a deployment, with their versions."""
    page = session.pages("/templates", 10_000)
    if session.json:
        session.print_json(page)
        return
    if not page["items"]:
        session.out.print("There are no templates. To store one, run: notify templates push NAME")
        return
    rows = table("TEMPLATE", "PUBLISHED", "LATEST", "CATEGORY", right=("PUBLISHED", "LATEST"))
    for head in page["items"]:
        published = str(head["published"] or "-")
        rows.add_row(plain(head["name"]), published, str(head["latest"]), head["category"] or "-")
    session.out.print(rows)


def push(
    session: Session,
    names: PushedNames,
    dry_run: DryRun = False,
    publish: Publish = False,
    note: Note = None,
    folder: Folder = ROOT,
    configuration: ConfigurationFile = None,
) -> None:
    """Store templates as new versions, if they have changed.

    Each template is checked first. Layouts are stored before the templates that use them.
    """
    workspace = open_workspace(folder, configuration)
    options = Push(dry_run=dry_run, publish=publish, note=note)
    results = [
        push_template(session, workspace, name, options) for name in workspace.in_order(names)
    ]
    if session.json:
        session.print_json({"items": results})
    if any(result["result"] == "failed" for result in results):
        raise typer.Exit(1)


def pull(session: Session, name: Name, version: Version = None, folder: Folder = ROOT) -> None:
    """Write a template of a deployment as files: the latest version, or another one."""
    stored = _stored(session, name, version)
    label = f"{name}@{stored.version}"
    try:
        changed = write(folder / name, stored.fields)
    except ValueError as error:
        raise CliError(f"{label} cannot be written: {error}.") from error
    paths = [path.as_posix() for path in changed]
    if session.json:
        session.print_json({"version": stored.version, "changed": paths})
        return
    for path in paths:
        session.out.print(Text(path), soft_wrap=True)
    state = "written to" if changed else "is the same as"
    session.out.print(Text(f"{label} {state} {(folder / name).as_posix()}/"))


def diff(
    session: Session,
    name: Name,
    version: Version = None,
    folder: Folder = ROOT,
    configuration: ConfigurationFile = None,
) -> None:
    """Show how the files differ from the latest version of a deployment, or another one.

    The exit code is 1 if they differ.
    """
    workspace = open_workspace(folder, configuration)
    stored = _stored(session, name, version)
    label, after = f"{name}@{stored.version}", workspace.document(name).as_fields()
    if stored.fields == after:
        session.out.print(Text(f"The files are the same as {label}."))
        return
    print_diff(session, label, stored.fields, (folder / name).as_posix(), after)
    raise typer.Exit(1)


def publish(session: Session, name: Name, version: Version = None, note: Note = None) -> None:
    """Publish the latest version of a template, or another one.

    Requests that name the template use it from now on. Notifications that wait keep their version.
    """
    body = {"version": version, "note": note}
    present = {key: value for key, value in body.items() if value is not None}
    head = session.request("POST", path_of("/templates/{}/publish", name), present)
    if session.json:
        session.print_json(head)
    else:
        session.out.print(Text(f"{name}@{head['published']} is published."))


def send_test(
    session: Session,
    name: Name,
    to: To,
    data: Data = None,
    locale: Locale = None,
    version: Version = None,
) -> None:
    """Send one marked message to an address of the deployment's allow list."""
    target, colon, address = to.partition(":")
    if not (target and colon and address):
        raise typer.BadParameter("must be TARGET:ADDRESS", param_hint="--to")
    body = {
        "to": {"target": session.target_name(target), "address": address},
        "data": _read_data(data),
        "locale": locale,
        "version": version,
    }
    present = {key: value for key, value in body.items() if value is not None}
    sent = session.request("POST", path_of("/templates/{}/test", name), present)
    if session.json:
        session.print_json(sent)
        return
    [notification] = sent["items"]
    session.out.print(Text(f"Sent a test of {name} to {plain(address)}. To follow it, run:"))
    session.print_command(session.deployment.notify("show", notification["id"]))


def _read_data(text: str | None) -> Any:
    if text is None:
        return None
    try:
        value = Path(text[1:]).read_text(encoding="utf-8") if text.startswith("@") else text
        return json.loads(value)
    except (OSError, ValueError) as error:
        raise typer.BadParameter(f"is not JSON: {error}", param_hint="--data") from error


def _stored(session: Session, name: str, version: int | None) -> StoredTemplate:
    """Return a stored version, the latest by default. Raises CliError."""
    head = head_of(session, name)
    if head is None:
        raise CliError(
            f"The deployment has no template {name}.",
            f"To store it, run: notify templates push {name}",
        )
    return stored_version(session, name, version or head["latest"])
