"""What a restore will do: the resources, the settings, the keys and the parameters."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from notification_system.cli.errors import CliError
from notification_system.cli.restore import discovery, existing
from notification_system.cli.restore.discovery import DeletedStack
from notification_system.cli.restore.existing import Setting
from notification_system.cli.restore.retained import (
    TABLE,
    ExistingTable,
    Retained,
    import_template,
    retained_resources,
    retained_secrets,
)
from notification_system.cli.session import Session
from notification_system.cli.template_file import ParameterValues


@dataclass(frozen=True)
class Choices:
    """What the user named.

    Args:
        resources: physical ids by logical id.
        secrets: ARN, or `new`, by the secret's name without the stack's.
        parameters: values of the template's parameters.
    """

    resources: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """A restore, before anything is changed.

    Args:
        deleted: the deleted stack, if CloudFormation remembers it.
        values: the template, and the values of its parameters.
        resources: each resource and its physical id, by logical id.
        tables: what each table has, by logical id.
        settings: what has to be set on the tables before the import.
        secrets: the ARN of each key by its logical id; empty for a new key.
    """

    deleted: DeletedStack | None
    values: ParameterValues
    resources: Mapping[str, tuple[Retained, str]]
    tables: Mapping[str, ExistingTable]
    settings: list[Setting]
    secrets: Mapping[str, str]

    @property
    def template(self) -> dict[str, Any]:
        """The template of the import."""
        resources = [resource for resource, _ in self.resources.values()]
        return import_template(self.values, resources, self.tables)


def make_plan(session: Session, template: Mapping[str, Any], choices: Choices) -> Plan:
    """Return what a restore will do. Raises CliError: something is missing or does not fit."""
    client = session.deployment.client
    stack = session.deployment.stack
    deleted = discovery.find_deleted_stack(client("cloudformation"), stack)
    secrets = _secrets(client("secretsmanager"), stack, template, choices.secrets)
    values = discovery.chosen_parameters(
        template,
        deleted.parameters if deleted else {},
        {f"{logical}Arn": arn for logical, arn in secrets.items()},
        choices.parameters,
    )
    resources = retained_resources(values)
    physical = discovery.physical_ids(resources, deleted, choices.resources)
    tables: dict[str, ExistingTable] = {}
    settings: list[Setting] = []
    for resource in resources:
        name = physical[resource.logical]
        existing.check_exists(client, resource.kind, name)
        existing.check_not_owned(client("cloudformation"), name)
        if resource.kind == TABLE:
            dynamodb = client("dynamodb")
            tables[resource.logical] = existing.read_table(dynamodb, resource, name)
            settings += existing.missing_settings(dynamodb, resource, name)
    _check_required(template, values, deleted)
    return Plan(
        deleted,
        values,
        {resource.logical: (resource, physical[resource.logical]) for resource in resources},
        tables,
        settings,
        secrets,
    )


def _secrets(
    client: Any, stack: str, template: Mapping[str, Any], named: Mapping[str, str]
) -> dict[str, str]:
    names = retained_secrets(ParameterValues(template, {}))
    return {
        logical: discovery.secret_arn(client, stack, name, named.get(name))
        for logical, name in names.items()
    }


def _check_required(
    template: Mapping[str, Any], values: ParameterValues, deleted: DeletedStack | None
) -> None:
    """Raise CliError if the sender's address would be the example of the template."""
    if deleted is None and "EmailFrom" in template["Parameters"].keys() - values.given.keys():
        raise CliError(
            "The parameters of the deleted stack are not known.",
            "Pass those that were not the default: --parameter EmailFrom=... --parameter ...",
        )
