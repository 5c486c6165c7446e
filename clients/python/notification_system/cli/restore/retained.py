"""The resources that outlive a stack, and the template that imports them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from notification_system.cli.errors import CliError
from notification_system.cli.template_file import ParameterValues

TABLE = "AWS::DynamoDB::Table"
BUCKET = "AWS::S3::Bucket"
USER_POOL = "AWS::Cognito::UserPool"
SECRET = "AWS::SecretsManager::Secret"  # noqa: S105 - a type

#: The property that identifies a resource of each type in an import.
IDENTIFIERS = {TABLE: "TableName", BUCKET: "BucketName", USER_POOL: "UserPoolId"}

#: The deletion policies under which a resource outlives its stack.
RETAINING = frozenset({"Retain", "RetainExceptOnCreate"})


@dataclass(frozen=True)
class Retained:
    """A resource of the template that outlives the stack.

    Args:
        logical: its name in the template.
        kind: its type.
        definition: the resource in the template, with the values of the parameters.
    """

    logical: str
    kind: str
    definition: Mapping[str, Any]

    @property
    def properties(self) -> Mapping[str, Any]:
        """Its properties in the template."""
        properties: Mapping[str, Any] = self.definition.get("Properties", {})
        return properties


@dataclass(frozen=True)
class ExistingTable:
    """What a table has: the names of its indexes, and its key attributes.

    Args:
        indexes: the names of its global secondary indexes.
        keys: the names of the attributes of its own key, the partition key first.
    """

    indexes: frozenset[str] = field(default_factory=frozenset)
    keys: tuple[str, ...] = ()


def retained_resources(values: ParameterValues) -> list[Retained]:
    """Return every resource that outlives the stack, except secrets.

    Secrets are not imported: the deployment gets their ARNs as parameters.

    Raises:
        CliError: a resource of an unknown type is retained.
    """
    resources = []
    for logical, definition in values.template["Resources"].items():
        kind = definition["Type"]
        if definition.get("DeletionPolicy") not in RETAINING or kind == SECRET:
            continue
        if kind not in IDENTIFIERS:
            raise CliError(f"{logical} is retained, and {kind} cannot be imported.")
        if values.holds(definition.get("Condition")):
            resolved = values.resolve({**definition, "Condition": None})
            del resolved["Condition"]
            resources.append(Retained(logical, kind, resolved))
    return resources


def retained_secrets(values: ParameterValues) -> dict[str, str]:
    """Return the name of each retained secret, without the stack's, by its logical id."""
    secrets = {}
    for logical, definition in values.template["Resources"].items():
        if definition["Type"] == SECRET and definition.get("DeletionPolicy") in RETAINING:
            name = definition["Properties"]["Name"]["Fn::Sub"]
            secrets[logical] = name.removeprefix("${AWS::StackName}/")
    return secrets


def import_template(
    values: ParameterValues, resources: list[Retained], tables: Mapping[str, ExistingTable]
) -> dict[str, Any]:
    """Return the template of the stack after the import.

    It declares every parameter, so that the deployment that follows keeps the values.
    An index that a table does not have is left out, so that the deployment creates it. The bucket
    has no properties, so that the deployment sets them: a copy may not have them.

    Args:
        values: the template of the whole stack, and the values of its parameters.
        resources: the resources to import.
        tables: what each table has, by its logical id.
    """
    imported = {}
    for resource in resources:
        definition = dict(resource.definition)
        if resource.kind == BUCKET:
            definition.pop("Properties", None)
        if resource.kind == TABLE:
            indexes = tables[resource.logical].indexes
            definition["Properties"] = with_indexes(resource.properties, indexes)
        imported[resource.logical] = definition
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "The resources of a deleted stack; the deployment adds all others.",
        "Parameters": values.template["Parameters"],
        "Resources": imported,
    }


def index_names(properties: Mapping[str, Any]) -> frozenset[str]:
    """Return the names of the global secondary indexes of a table in a template."""
    return frozenset(index["IndexName"] for index in properties.get("GlobalSecondaryIndexes", ()))


def key_names(properties: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the attributes of a table's own key in a template."""
    return tuple(key["AttributeName"] for key in properties["KeySchema"])


def with_indexes(properties: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    """Return a table's properties with these of its indexes, and the attributes of their keys."""
    indexes = [
        index
        for index in properties.get("GlobalSecondaryIndexes", ())
        if index["IndexName"] in names
    ]
    keys = {
        key["AttributeName"] for schema in (properties, *indexes) for key in schema["KeySchema"]
    }
    kept = {name: value for name, value in properties.items() if name != "GlobalSecondaryIndexes"}
    kept["AttributeDefinitions"] = [
        attribute
        for attribute in properties["AttributeDefinitions"]
        if attribute["AttributeName"] in keys
    ]
    return kept | ({"GlobalSecondaryIndexes": indexes} if indexes else {})
