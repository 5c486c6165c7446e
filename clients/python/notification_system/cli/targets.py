"""`notify targets`, `pause` and `resume`."""

from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any

import typer
from rich.text import Text

from notification_system.cli.checks.running import RESUMES
from notification_system.cli.errors import CliError, from_exception
from notification_system.cli.formatting import (
    paused_by,
    plain,
    read_time,
    relative_time,
)
from notification_system.cli.options import command
from notification_system.cli.session import Session
from notification_system.cli.tables import table

Target = Annotated[str, typer.Argument(help="A target's name or id.")]

COLUMNS = ("TARGET", "MODULE", "STATE", "QUEUED", "WORKING", "OVERDUE", "OLDEST DUE", "DEAD")
NUMBERS = ("QUEUED", "WORKING", "OVERDUE", "DEAD")
STATES = {"active": "green", "paused": "yellow", "undeployed": "red"}


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    for name, function in (("targets", targets), ("pause", pause), ("resume", resume)):
        command(app, name, "Operating")(function)


def targets(session: Session) -> None:
    """List the targets: their state, and their backlog.

    QUEUED and WORKING count messages, which may hold many notifications each; OVERDUE counts
    notifications whose time has passed; DEAD counts messages in the dead-letter queue.
    """
    with ThreadPoolExecutor(1) as other:
        requested = other.submit(session.request, "GET", "/backlog")
        listed = session.targets()
        backlog = {entry["module"]: entry for entry in requested.result()["items"]}
    items = [
        target | {"backlog": backlog.get(target["notification_module_name"])} for target in listed
    ]
    if session.json:
        session.print_json({"items": items, "next": None})
        return
    rows = table(*COLUMNS, right=NUMBERS)
    for target in items:
        rows.add_row(*_cells(session, target))
    session.out.print(rows)
    for target in items:
        if target["pause"]:
            _print_pause(session, target)


def _cells(session: Session, target: dict[str, Any]) -> list[Any]:
    waiting = target["backlog"] or {}
    names = (plain(target["name"]), target["notification_module_name"])
    overdue = f"{waiting.get('overdue', 0):,}{'+' if waiting.get('overdue_at_least') else ''}"
    oldest = waiting.get("oldest_due")
    return [
        *map(Text, names),
        Text(target["state"], style=STATES[target["state"]]),
        _number(waiting.get("queued")),
        _number(waiting.get("in_flight")),
        overdue,
        relative_time(read_time(oldest), session.now) if oldest else "-",
        _number(waiting.get("dead_letters")),
    ]


def _number(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"


def _print_pause(session: Session, target: dict[str, Any]) -> None:
    pause, name = target["pause"], plain(target["name"])
    by = paused_by(pause["by"])
    code = f" ({plain(pause['code'])})" if pause["code"] else ""
    since = session.short_time(pause["since"])
    session.out.print(
        Text(f"\n{name} is paused by {by} since {since}: {plain(pause['reason'])}{code}")
    )
    if pause["docs_url"]:
        session.out.print(Text(plain(pause["docs_url"])))
    if pause["by"] == "fault":
        _print_credentials_remedy(session, target["notification_module_name"])
    session.print_command(session.deployment.notify("resume", target["name"]))


def _print_credentials_remedy(session: Session, module: str) -> None:
    """Print how to replace the credentials; the API does not say whether they are the cause."""
    try:
        command = session.deployment.aws(*_set_credentials(session, module))
    except CliError:  # the stack's name is not known, only the API's address
        session.out.print("If the provider rejects the credentials, set new ones first.")
    else:
        session.out.print("If the provider rejects the credentials, set new ones:")
        session.print_command(command)
    session.out.print(f"Once the cause is fixed, {RESUMES}")


def _set_credentials(session: Session, module: str) -> list[str]:
    """Return the words of the AWS CLI that set a module's credentials from a file."""
    stack, value = session.deployment.stack, f"file://{module}.json"
    if _store(session, stack) == "ParameterStore":
        name = ["--name", f"/{stack}/{module}", "--type", "SecureString", "--overwrite"]
        return ["ssm", "put-parameter", *name, "--value", value]
    name = ["--secret-id", f"{stack}/{module}"]
    return ["secretsmanager", "put-secret-value", *name, "--secret-string", value]


def _store(session: Session, stack: str) -> str:
    """Return where the credentials are; callers who may not read the stack get the default."""
    try:
        client = session.deployment.client("cloudformation")
        [described] = client.describe_stacks(StackName=stack)["Stacks"]
    except Exception as error:
        if from_exception(error, lambda: "") is None:
            raise
        return "SecretsManager"
    parameters = {item["ParameterKey"]: item["ParameterValue"] for item in described["Parameters"]}
    return str(parameters.get("CredentialsIn", "SecretsManager"))


def pause(
    session: Session,
    target: Target,
    reason: Annotated[
        str | None, typer.Option(help="The reason, shown to other operators.")
    ] = None,
) -> None:
    """Stop sending through a target; due notifications wait."""
    request = {} if reason is None else {"reason": reason}
    paused = session.request("POST", f"{_path(session, target)}/pause", request)
    _answer(session, paused, "is paused: nothing is sent, and due notifications wait.")


def resume(session: Session, target: Target) -> None:
    """Send through a target again, whether a person or a fault paused it."""
    resumed = session.request("POST", f"{_path(session, target)}/resume")
    _answer(
        session,
        resumed,
        "is active: the next tick, within a minute, sends the waiting notifications.",
    )


def _path(session: Session, target: str) -> str:
    return f"/targets/{session.target(target)['id']}"


def _answer(session: Session, target: dict[str, Any], message: str) -> None:
    if session.json:
        session.print_json(target)
    else:
        session.out.print(Text(f"{plain(target['name'])} {message}"))
