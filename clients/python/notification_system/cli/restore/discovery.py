"""Finds a deleted stack, the resources that outlived it, and its secrets."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from notification_system.cli.errors import CliError
from notification_system.cli.restore.retained import BUCKET, TABLE, USER_POOL, Retained
from notification_system.cli.template_file import ParameterValues

#: The value of an option that asks for a new secret.
NEW = "new"

#: The option that names a resource of each type.
OPTIONS = {TABLE: "--table {name}=NAME", BUCKET: "--bucket NAME", USER_POOL: "--user-pool ID"}


@dataclass(frozen=True)
class DeletedStack:
    """A stack that was deleted, as CloudFormation remembers it for 90 days.

    Args:
        deleted_at: when it was deleted.
        parameters: the values of its parameters.
        retained: the physical id of each resource that was not deleted, by logical id.
        unused: the physical ids of the other resources that older stacks of the name left.
    """

    deleted_at: datetime
    parameters: Mapping[str, str]
    retained: Mapping[str, str]
    unused: tuple[str, ...] = ()


def find_deleted_stack(cloudformation: Any, name: str) -> DeletedStack | None:
    """Return the stack of this name that was deleted last and left resources, or None.

    The empty stack of an earlier attempt to restore is also a deleted one, and left nothing.
    """
    pages = cloudformation.get_paginator("list_stacks").paginate(
        StackStatusFilter=["DELETE_COMPLETE"]
    )
    stacks = [
        summary
        for page in pages
        for summary in page["StackSummaries"]
        if summary["StackName"] == name
    ]
    left = [
        (stack, retained)
        for stack in sorted(stacks, key=_deleted_at, reverse=True)
        if (retained := _retained(cloudformation, stack["StackId"]))
    ]
    if not left:
        return None
    (latest, retained), *older = left
    [described] = cloudformation.describe_stacks(StackName=latest["StackId"])["Stacks"]
    others = {physical for _, resources in older for physical in resources.values()}
    return DeletedStack(
        _deleted_at(latest),
        parameters_of(described),
        retained,
        unused=tuple(sorted(others - set(retained.values()))),
    )


def _deleted_at(stack: Mapping[str, Any]) -> datetime:
    deleted_at: datetime = stack.get("DeletionTime") or stack["CreationTime"]
    return deleted_at


def _retained(cloudformation: Any, stack_id: str) -> dict[str, str]:
    """Return the physical ids of the resources that a deleted stack left, by logical id."""
    pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack_id)
    left: dict[str, str] = {}
    # The newest event comes first. An older one may name a table that a copy has replaced.
    for event in (event for page in pages for event in page["StackEvents"]):
        if event["ResourceStatus"] == "DELETE_SKIPPED":
            left.setdefault(event["LogicalResourceId"], event["PhysicalResourceId"])
    return left


def parameters_of(stack: Mapping[str, Any]) -> dict[str, str]:
    """Return the parameters of a described stack."""
    return {
        parameter["ParameterKey"]: parameter.get("ParameterValue", "")
        for parameter in stack.get("Parameters", ())
    }


def physical_ids(
    resources: list[Retained], deleted: DeletedStack | None, named: Mapping[str, str]
) -> dict[str, str]:
    """Return the physical id of each resource by its logical id.

    Args:
        resources: the resources to import.
        deleted: the deleted stack, which knows what it left.
        named: physical ids that the user named, by logical id; they come first.

    Raises:
        CliError: the id of a resource is not known, or an unknown resource was named.
    """
    if unknown := named.keys() - {resource.logical for resource in resources}:
        tables = ", ".join(
            resource.logical.removesuffix("Table")
            for resource in resources
            if resource.kind == TABLE
        )
        raise CliError(f"{min(unknown)} is not restored.", f"The tables are: {tables}")
    known = {**(deleted.retained if deleted else {}), **named}
    missing = [resource for resource in resources if resource.logical not in known]
    if missing:
        options = [
            OPTIONS[resource.kind].format(name=resource.logical.removesuffix("Table"))
            for resource in missing
        ]
        names = ", ".join(resource.logical for resource in missing)
        raise CliError(
            f"The deleted stack did not leave {names}."
            if deleted
            else f"CloudFormation remembers no deleted stack of this name. Which are its {names}?",
            f"Name them: {' '.join(options)}",
        )
    return {resource.logical: known[resource.logical] for resource in resources}


def secret_arn(client: Any, stack: str, name: str, option: str | None) -> str:
    """Return the ARN of a generated key that outlived its stack; empty if a new one is wanted.

    Args:
        client: a client of Secrets Manager.
        stack: the stack's name.
        name: the secret's name without the stack's, such as `erasure`.
        option: the ARN that the user named, `new`, or None.

    Raises:
        CliError: the secret does not exist, or is to be deleted.
    """
    if option == NEW:
        return ""
    identifier = option or f"{stack}/{name}"
    from botocore.exceptions import ClientError  # noqa: PLC0415 - slow to import

    try:
        secret = client.describe_secret(SecretId=identifier)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        raise CliError(
            f"The secret {identifier} does not exist. {LOSSES.get(name, '')}".rstrip(),
            f"Name the secret with the old key by --{name}-secret ARN, or pass --{name}-secret new",
        ) from error
    if "DeletedDate" in secret:
        raise CliError(
            f"The secret {identifier} is about to be deleted.",
            f"Keep it: aws secretsmanager restore-secret --secret-id {secret['ARN']}",
        )
    return str(secret["ARN"])


#: What is lost with each key.
LOSSES = {
    "erasure": (
        "Without its key, people who opted out before they were erased are no longer recognised."
    ),
    "unsubscribe": "Without its key, the unsubscribe links in e-mails already sent do not work.",
}


def chosen_parameters(
    template: Mapping[str, Any],
    *sources: Mapping[str, str],
) -> ParameterValues:
    """Return the values of a template's parameters; later sources come before earlier ones.

    Raises:
        CliError: the last source, the user's, names a parameter that the template does not have.
    """
    declared = template["Parameters"]
    if unknown := sources[-1].keys() - declared.keys():
        raise CliError(
            f"The template has no parameter {min(unknown)}.",
            f"Its parameters are: {', '.join(sorted(declared))}",
        )
    merged: dict[str, str] = {}
    for source in sources:
        merged |= {name: value for name, value in source.items() if name in declared}
    return ParameterValues(template, merged)
