"""`notify restore`."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from notification_system.cli.errors import CliError
from notification_system.cli.formatting import plain
from notification_system.cli.options import command
from notification_system.cli.restore import deploying, existing, importing
from notification_system.cli.restore.discovery import parameters_of
from notification_system.cli.restore.plan import Choices, Plan, make_plan
from notification_system.cli.restore.replacement import replace_tables
from notification_system.cli.restore.retained import BUCKET, USER_POOL
from notification_system.cli.session import Session
from notification_system.cli.tables import table
from notification_system.cli.template_file import ParameterValues, read_template

#: The output of a stack that is deployed, and not only imported.
DEPLOYED = "ApiUrl"

#: The command for a stack that cannot be updated, by its status. A deletion fails at a protected
#: table and at an attached policy; this mode of it leaves what cannot be deleted.
REMEDIES = {
    "DELETE_FAILED": ("delete-stack", "--deletion-mode", "FORCE_DELETE_STACK"),
    "UPDATE_ROLLBACK_FAILED": ("continue-update-rollback",),
}
EVENTS = ("describe-stack-events",)

Tables = Annotated[
    list[str] | None,
    typer.Option(
        "--table", metavar="TABLE=NAME", help="A restored copy: Notifications=NAME; repeatable."
    ),
]
Parameters = Annotated[
    list[str] | None,
    typer.Option("--parameter", metavar="NAME=VALUE", help="Of the template; repeatable."),
]
Key = Annotated[
    str | None, typer.Option(metavar="ARN", help="The secret with the old key; or new.")
]
Checkout = Annotated[
    Path | None, typer.Option(help="The checkout to deploy (default: the one you are in).")
]


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "restore", "Operating")(restore)


def restore(
    session: Session,
    table_: Tables = None,
    bucket: Annotated[str | None, typer.Option(help="A copy of the bucket.")] = None,
    user_pool: Annotated[str | None, typer.Option(help="The ID of the user pool.")] = None,
    erasure_secret: Key = None,
    unsubscribe_secret: Key = None,
    parameter: Parameters = None,
    checkout: Checkout = None,
    deploy: Annotated[
        bool, typer.Option("--deploy/--no-deploy", help="Deploy after the import.")
    ] = True,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be done.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")] = False,
) -> None:
    """Bring a deleted stack back over the tables, the bucket and the keys that it left.

    The resources are imported into a new stack, which is then deployed from the checkout. If the
    command was interrupted, run it again: it continues where it stopped. With --table, it also
    replaces tables of a stack that is deployed.
    """
    if not session.options.stack:
        raise CliError("`notify restore` is for a stack on AWS.", "Pass --stack NAME.")
    folder = deploying.find_checkout((checkout or Path.cwd()).resolve())
    template = read_template(folder / "template.yaml")
    keys = {"erasure": erasure_secret, "unsubscribe": unsubscribe_secret}
    choices = Choices(
        _named_resources(template, _pairs(table_, "--table"), bucket, user_pool),
        {name: value for name, value in keys.items() if value},
        _pairs(parameter, "--parameter"),
    )
    _import(session, template, choices, dry_run=dry_run, yes=yes)
    if not dry_run:
        _deploy(session, folder, template, choices.parameters, deploy=deploy)


def _import(
    session: Session, template: Mapping[str, Any], choices: Choices, *, dry_run: bool, yes: bool
) -> None:
    """Import the resources, unless an earlier run has done so; or replace tables of a stack."""
    stack = standing_stack(session)
    if stack is not None and _is_deployed(stack):
        if not choices.resources:
            raise CliError(
                f"The stack {session.options.stack} exists, and is deployed. "
                "There is nothing to restore.",
                "To replace a table by a restored copy, pass --table Notifications=NAME",
            )
        replace_tables(session, stack, template, choices, dry_run=dry_run, yes=yes)
    elif stack is None:
        plan = make_plan(session, template, choices)
        _show(session, plan)
        if dry_run:
            session.err.print("Nothing was changed.")
            return
        if not yes:
            session.confirm(f"Bring the stack {session.options.stack} back?")
        _run_import(session, plan)
    else:
        session.err.print("The resources have been imported already.")


def standing_stack(session: Session) -> dict[str, Any] | None:
    """Return the stack, if it has resources.

    Raises:
        CliError: the stack cannot be updated.
    """
    cloudformation, name = session.deployment.client("cloudformation"), session.deployment.stack
    stack = importing.find_stack(cloudformation, name)
    if stack is None or stack["StackStatus"] in importing.EMPTY:
        return None
    if stack["StackStatus"] not in importing.READY:
        raise CliError(
            f"The stack {name} is {stack['StackStatus']}, and cannot be updated.",
            session.deployment.aws(
                "cloudformation", *REMEDIES.get(stack["StackStatus"], EVENTS), "--stack-name", name
            ),
        )
    # A deployment over a stack whose first import was rolled back would create empty tables.
    return stack if existing.resources_of(cloudformation, name) else None


def _is_deployed(stack: Mapping[str, Any]) -> bool:
    """Whether a stack is more than the imported resources."""
    return any(output["OutputKey"] == DEPLOYED for output in stack.get("Outputs", ()))


def _run_import(session: Session, plan: Plan) -> None:
    """Set what the tables lack, and import all resources into a new stack."""
    cloudformation, name = session.deployment.client("cloudformation"), session.deployment.stack
    for setting in plan.settings:
        session.err.print(Text(f"Setting {setting.name} of {plain(setting.table)}"))
        setting.apply()
    if (stack := importing.find_stack(cloudformation, name)) is not None:
        session.err.print("Removing the empty stack of an earlier attempt")
        importing.remove_empty_stack(cloudformation, stack)
    session.err.print(f"Importing {len(plan.resources)} resources into a new stack")
    importing.run_import(cloudformation, name, plan.template, plan.values.given, plan.resources)
    session.err.print("The resources are in the stack.")


def _deploy(
    session: Session,
    checkout: Path,
    template: Mapping[str, Any],
    parameters: Mapping[str, str],
    *,
    deploy: bool,
) -> None:
    """Deploy the stack around the imported resources, or print the commands that do so."""
    cloudformation, name = session.deployment.client("cloudformation"), session.deployment.stack
    [stack] = cloudformation.describe_stacks(StackName=name)["Stacks"]
    values = ParameterValues(template, parameters_of(stack) | dict(parameters))
    region = cloudformation.meta.region_name
    commands = deploying.deploy_commands(name, region, session.options.profile, values, parameters)
    if not deploy:
        session.err.print("To deploy the stack, run in the checkout:")
        for line in commands:
            session.print_command(shlex.join(line))
        return
    session.err.print("Building and deploying, which takes a few minutes")
    deploying.run_commands(commands, checkout)
    outputs = session.deployment.outputs
    if session.json:
        session.print_json({"stack": name, "api_url": outputs[DEPLOYED]})
        return
    session.out.print(Text(f"The stack {name} is back: {outputs[DEPLOYED]}"), soft_wrap=True)
    session.out.print(
        "Its providers' credentials are placeholders. Store them again, and then run:"
    )
    session.print_command(session.deployment.notify("doctor"))


def _show(session: Session, plan: Plan) -> None:
    """Print what a restore will do."""
    if session.json:
        return
    if plan.deleted:
        at = session.long_time(plan.deleted.deleted_at.isoformat())
        session.err.print(Text(f"The stack was deleted {at}."))
    rows = table("RESOURCE", "NAME", fold=["NAME"])
    for logical, (_, physical) in plan.resources.items():
        rows.add_row(logical, Text(plain(physical)))
    for logical, arn in plan.secrets.items():
        rows.add_row(logical, Text(plain(arn or "a new key")))
    session.out.print(rows)
    if plan.deleted and plan.deleted.unused:
        session.out.print("Older stacks of this name left other resources, which are not used:")
        for physical in plan.deleted.unused:
            session.out.print(Text(f"  {plain(physical)}"), soft_wrap=True)
    for setting in plan.settings:
        session.out.print(Text(f"To be set: {setting.name} of {plain(setting.table)}"))


def _named_resources(
    template: Mapping[str, Any],
    tables: Mapping[str, str],
    bucket: str | None,
    user_pool: str | None,
) -> dict[str, str]:
    """Return the physical ids that the user named, by logical id."""
    named = {name if name.endswith("Table") else f"{name}Table": tables[name] for name in tables}
    for kind, value in ((BUCKET, bucket), (USER_POOL, user_pool)):
        if value:
            [logical] = [
                name for name, resource in template["Resources"].items() if resource["Type"] == kind
            ]
            named[logical] = value
    return named


def _pairs(texts: list[str] | None, option: str) -> dict[str, str]:
    """Return the values of a repeatable option NAME=VALUE."""
    pairs = {}
    for text in texts or ():
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise typer.BadParameter(f"{text}: expected NAME=VALUE", param_hint=option)
        pairs[name] = value
    return pairs
