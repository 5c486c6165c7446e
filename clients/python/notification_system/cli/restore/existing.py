"""Checks the resources that are to be imported, and sets what a restored table lacks."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from notification_system.cli.errors import CliError
from notification_system.cli.restore.retained import (
    BUCKET,
    TABLE,
    USER_POOL,
    ExistingTable,
    Retained,
    index_names,
    key_names,
)

#: The error codes of each service for a resource that does not exist.
MISSING = {"ResourceNotFoundException", "404", "NoSuchBucket", "NotFound"}


#: The statuses of a resource that is listed in a stack, and no longer belongs to it.
LEFT = frozenset({"DELETE_COMPLETE", "DELETE_SKIPPED", "IMPORT_ROLLBACK_COMPLETE"})


@dataclass(frozen=True)
class Setting:
    """A setting of the template that a table does not have yet.

    Args:
        table: the table's name.
        name: the setting, for people.
        apply: sets it.
    """

    table: str
    name: str
    apply: Callable[[], Any]


def resources_of(cloudformation: Any, stack: str) -> dict[str, str]:
    """Return the physical id of each resource of a stack by its logical id."""
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
    return {
        summary["LogicalResourceId"]: summary.get("PhysicalResourceId", "")
        for page in pages
        for summary in page["StackResourceSummaries"]
        if summary["ResourceStatus"] not in LEFT
    }


def check_exists(client: Callable[[str], Any], kind: str, physical: str) -> None:
    """Raise CliError if a resource does not exist."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 - slow to import

    requests: dict[str, Callable[[], Any]] = {
        TABLE: lambda: client("dynamodb").describe_table(TableName=physical),
        BUCKET: lambda: client("s3").head_bucket(Bucket=physical),
        USER_POOL: lambda: client("cognito-idp").describe_user_pool(UserPoolId=physical),
    }
    nouns = {TABLE: "table", BUCKET: "bucket", USER_POOL: "user pool"}
    try:
        requests[kind]()
    except ClientError as error:
        if error.response["Error"]["Code"] not in MISSING:
            raise
        raise CliError(
            f"The {nouns[kind]} {physical} does not exist in this region.",
            "Restore it from a backup, and name the copy. See docs/runbook.md, Recovery.",
        ) from error


def check_not_owned(cloudformation: Any, physical: str) -> None:
    """Raise CliError if a resource belongs to a stack."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 - slow to import

    try:
        answer = cloudformation.describe_stack_resources(PhysicalResourceId=physical)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        return  # no stack has it
    for resource in answer["StackResources"]:
        # CloudFormation may answer with the deleted stack, which it remembers for 90 days.
        is_it = resource.get("PhysicalResourceId") == physical
        if is_it and resource["ResourceStatus"] not in LEFT:
            raise owned(physical, resource["StackName"])


def owned(physical: str, stack: str) -> CliError:
    """Return the error that a resource belongs to a stack."""
    return CliError(
        f"{physical} still belongs to the stack {stack}.",
        "A resource can be in one stack only. Delete that stack first, or name another resource.",
    )


def read_table(client: Any, resource: Retained, name: str) -> ExistingTable:
    """Return what a table has.

    Raises:
        CliError: it is not a table of this kind, or the template does not fit it.
    """
    described = client.describe_table(TableName=name)["Table"]
    if described["TableStatus"] != "ACTIVE":
        raise CliError(
            f"The table {name} is not ready: it is {described['TableStatus']}.",
            f"Wait for it: aws dynamodb wait table-exists --table-name {name}",
        )
    table = ExistingTable(
        frozenset(index["IndexName"] for index in described.get("GlobalSecondaryIndexes", ())),
        tuple(key["AttributeName"] for key in described["KeySchema"]),
    )
    expected = key_names(resource.properties)
    if table.keys != expected:
        raise CliError(
            f"The table {name} is not a {resource.logical}: its key is "
            f"{' and '.join(table.keys)}, not {' and '.join(expected)}.",
            "Name the right table.",
        )
    indexes = index_names(resource.properties)
    if extra := table.indexes - indexes:
        raise CliError(
            f"The table {name} has the index {min(extra)}, which this deployment would not have.",
            "Set the parameter of the index, such as --parameter ProviderIdIndex=true",
        )
    if len(missing := indexes - table.indexes) > 1:
        raise CliError(
            f"The table {name} lacks the indexes {', '.join(sorted(missing))}. "
            "CloudFormation adds one index in an update.",
            "Restore the table with its indexes, or add all but one of them to the copy first.",
        )
    _check_encryption(name, described, resource.properties)
    return table


def _check_encryption(
    name: str, described: Mapping[str, Any], properties: Mapping[str, Any]
) -> None:
    has_key = described.get("SSEDescription", {}).get("Status") in {"ENABLED", "ENABLING"}
    wanted = _is_true(properties.get("SSESpecification", {}).get("SSEEnabled"))
    if has_key != wanted:
        fitting = str(has_key).lower()
        raise CliError(
            f"The table {name} is {'' if has_key else 'not '}encrypted with a KMS key, "
            f"and the parameter KmsEncryption is {str(wanted).lower()}.",
            f"Pass --parameter KmsEncryption={fitting}, or change the table.",
        )


def missing_settings(client: Any, resource: Retained, name: str) -> Iterator[Setting]:
    """Yield the settings of the template that a table does not have.

    A table that was restored from a backup has none of them, and an import changes no settings.
    """
    properties = resource.properties
    expiry = properties.get("TimeToLiveSpecification", {})
    if _is_true(expiry.get("Enabled")):
        standing = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
        if standing.get("TimeToLiveStatus") not in {"ENABLED", "ENABLING"}:
            specification = {"AttributeName": expiry["AttributeName"], "Enabled": True}
            yield Setting(
                name,
                f"time to live by {expiry['AttributeName']}",
                lambda: client.update_time_to_live(
                    TableName=name, TimeToLiveSpecification=specification
                ),
            )
    recovery = properties.get("PointInTimeRecoverySpecification", {})
    if _is_true(recovery.get("PointInTimeRecoveryEnabled")):
        backups = client.describe_continuous_backups(TableName=name)
        standing = backups["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription", {})
        if standing.get("PointInTimeRecoveryStatus") != "ENABLED":
            yield Setting(
                name,
                "point-in-time recovery",
                lambda: client.update_continuous_backups(
                    TableName=name,
                    PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
                ),
            )
    if _is_true(properties.get("DeletionProtectionEnabled")):
        described = client.describe_table(TableName=name)["Table"]
        if not described.get("DeletionProtectionEnabled"):
            yield Setting(
                name,
                "deletion protection",
                lambda: client.update_table(TableName=name, DeletionProtectionEnabled=True),
            )


def _is_true(value: Any) -> bool:
    """Return whether a template's value is true; parameters are text."""
    return str(value).lower() == "true"
