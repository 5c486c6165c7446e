"""The replacement of tables of a deployed stack, step by step."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rich.text import Text

from notification_system.cli.errors import CliError
from notification_system.cli.formatting import plain
from notification_system.cli.restore import discovery, existing, replacing
from notification_system.cli.restore.existing import Setting
from notification_system.cli.restore.plan import Choices
from notification_system.cli.restore.retained import (
    BUCKET,
    TABLE,
    ExistingTable,
    Retained,
    retained_resources,
)
from notification_system.cli.session import Session
from notification_system.cli.tables import table
from notification_system.cli.template_file import ParameterValues


@dataclass(frozen=True)
class Replacement:
    """Tables of a deployed stack that are to be replaced.

    Args:
        standing: the physical ids of the stack's resources, by logical id.
        resources: each table that is not replaced yet and the name of its copy, by logical id.
        tables: what each copy has, by logical id.
        arns: the ARN of each copy, by logical id.
        settings: what the copies lack.
        bucket: the bucket of the stack.
    """

    standing: Mapping[str, str]
    resources: Mapping[str, tuple[Retained, str]]
    tables: Mapping[str, ExistingTable]
    arns: Mapping[str, str]
    settings: list[Setting]
    bucket: str


def replace_tables(
    session: Session,
    stack: Mapping[str, Any],
    template: Mapping[str, Any],
    choices: Choices,
    *,
    dry_run: bool,
    yes: bool,
) -> None:
    """Replace tables of a deployed stack by copies, up to the deployment.

    Raises:
        CliError: a copy does not fit, or CloudFormation refuses a step.
    """
    found = _inspect(session, stack, template, choices)
    if not found.resources:
        session.err.print("The copies are in the stack already.")
        return
    rows = table("TABLE", "NOW", "THEN", fold=["NOW", "THEN"])
    for logical, (_, copy) in found.resources.items():
        now = found.standing.get(logical, "(taken out)")
        rows.add_row(logical, Text(plain(now)), Text(plain(copy)))
    session.out.print(rows)
    for setting in found.settings:
        session.out.print(Text(f"To be set: {setting.name} of {plain(setting.table)}"))
    if dry_run:
        session.err.print("Nothing was changed.")
        return
    if not yes:
        session.confirm(f"Replace the tables of the stack {session.deployment.stack}?")
    _replace(session, found)


def _replace(session: Session, found: Replacement) -> None:
    client, stack = session.deployment.client, session.deployment.stack
    for setting in found.settings:
        session.err.print(Text(f"Setting {setting.name} of {plain(setting.table)}"))
        setting.apply()
    if copies := {
        logical: (copy, found.arns[logical])
        for logical, (_, copy) in found.resources.items()
        if logical in found.standing
    }:
        session.err.print("Updating the stack to use the copies")
        replacing.detach(client, stack, found.bucket, copies)
    session.err.print("Importing the copies in place of the tables")
    replacing.attach(client, stack, found.bucket, found.resources, found.tables)
    for logical in copies:
        left = plain(found.standing[logical])
        session.err.print(Text(f"{left} is no longer in the stack, and was not deleted."))


def _inspect(
    session: Session, stack: Mapping[str, Any], template: Mapping[str, Any], choices: Choices
) -> Replacement:
    client = session.deployment.client
    values = ParameterValues(template, discovery.parameters_of(stack))
    known = {resource.logical: resource for resource in retained_resources(values)}
    chosen = [known[name] for name in choices.resources if name in known]
    discovery.physical_ids(chosen, None, choices.resources)
    standing = existing.resources_of(client("cloudformation"), session.deployment.stack)
    [bucket] = [name for name, resource in known.items() if resource.kind == BUCKET]
    resources, tables, arns = {}, {}, {}
    settings: list[Setting] = []
    for resource in chosen:
        name = choices.resources[resource.logical]
        if resource.kind != TABLE:
            raise CliError(
                f"{resource.logical} cannot be replaced while the stack is deployed.",
                "Delete the stack, which leaves its data, and restore it with the copy.",
            )
        if standing.get(resource.logical) == name:
            continue
        existing.check_exists(client, TABLE, name)
        existing.check_not_owned(client("cloudformation"), name)
        tables[resource.logical] = existing.read_table(client("dynamodb"), resource, name)
        settings += existing.missing_settings(client("dynamodb"), resource, name)
        described = client("dynamodb").describe_table(TableName=name)["Table"]
        resources[resource.logical], arns[resource.logical] = (
            (resource, name),
            described["TableArn"],
        )
    return Replacement(standing, resources, tables, arns, settings, standing[bucket])
