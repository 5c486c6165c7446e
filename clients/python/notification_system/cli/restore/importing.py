"""Imports resources into a new stack with a change set, from whatever state the stack is in."""

import json
import re
import time
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

from notification_system.cli.errors import CliError
from notification_system.cli.restore.existing import owned
from notification_system.cli.restore.retained import IDENTIFIERS, Retained

#: Seconds between two looks at a change set or a stack: at first, and at most.
POLL = 0.25, 4.0

#: Seconds after which a change set or a stack counts as stuck.
PATIENCE = 900.0

#: What CloudFormation says of a resource that is in a stack.
_OWNED = re.compile(r"(?P<physical>\S+) already exists in stack \S*?stack/(?P<stack>[^/\s]+)")

#: The statuses of a stack that never has resources, because its creation failed or its import was
#: never executed. One whose first import was rolled back has another status, and is empty too.
EMPTY = frozenset({"REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE"})

#: The statuses of a stack with the imported resources that can be deployed.
READY = frozenset(
    {
        "IMPORT_COMPLETE",
        "CREATE_COMPLETE",
        "UPDATE_COMPLETE",
        "UPDATE_ROLLBACK_COMPLETE",
        "IMPORT_ROLLBACK_COMPLETE",
    }
)


def find_stack(cloudformation: Any, name: str) -> dict[str, Any] | None:
    """Return the stack of this name after its current operation has ended; None if none exists.

    Raises:
        CliError: the operation takes too long.
    """
    for _ in _looks():
        stack = _describe(cloudformation, name)
        if stack is None or stack["StackStatus"] == "DELETE_COMPLETE":
            return None
        if not _is_under_way(stack["StackStatus"]):
            return stack
    raise CliError(
        f"An operation on the stack {name} has not ended within {PATIENCE / 60:.0f} minutes.",
        "Look at its events in the CloudFormation console, then repeat the command.",
    )


def remove_empty_stack(cloudformation: Any, stack: Mapping[str, Any]) -> None:
    """Remove the stack of an import that failed or was interrupted; it has no resources.

    Raises:
        CliError: the stack could not be deleted.
    """
    identifier = stack["StackId"]
    cloudformation.delete_stack(StackName=identifier)
    if (left := find_stack(cloudformation, identifier)) is not None:
        raise CliError(
            f"The empty stack {identifier} could not be deleted: it is {left['StackStatus']}.",
            "Delete it in the CloudFormation console, then repeat the command.",
        )


def run_import(
    cloudformation: Any,
    name: str,
    template: Mapping[str, Any],
    parameters: Mapping[str, str],
    resources: Mapping[str, tuple[Retained, str]],
) -> None:
    """Create a stack that consists of existing resources.

    Args:
        cloudformation: a boto3 client.
        name: the stack's name.
        template: the template, which contains these resources only.
        parameters: the values of its parameters.
        resources: each resource and its physical id, by logical id.

    Raises:
        CliError: CloudFormation does not accept a resource. No stack is left.
    """
    run_change_set(
        cloudformation,
        name,
        ChangeSetType="IMPORT",
        TemplateBody=json.dumps(template, separators=(",", ":")),
        Parameters=[
            {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
        ],
        ResourcesToImport=identified(resources),
    )


def identified(resources: Mapping[str, tuple[Retained, str]]) -> list[dict[str, Any]]:
    """Return resources as an import names them, with their physical ids."""
    return [
        {
            "ResourceType": resource.kind,
            "LogicalResourceId": logical,
            "ResourceIdentifier": {IDENTIFIERS[resource.kind]: physical},
        }
        for logical, (resource, physical) in resources.items()
    ]


def run_change_set(cloudformation: Any, stack: str, **request: Any) -> None:
    """Create a change set, execute it, and wait for its end.

    Args:
        cloudformation: a boto3 client.
        stack: the stack's name.
        request: the other fields of `CreateChangeSet`, except the name.

    Raises:
        CliError: CloudFormation refused the change set, or its execution failed. A new stack is
            removed.
    """
    name = f"restore-{uuid4().hex[:12]}"
    change_set = cloudformation.create_change_set(StackName=stack, ChangeSetName=name, **request)
    prepared = _look(cloudformation, change_set["Id"], "Status", _PREPARING)
    if prepared["Status"] == "FAILED" or prepared["ExecutionStatus"] == "UNAVAILABLE":
        described = _describe(cloudformation, stack)
        if described and described["StackStatus"] in EMPTY:
            remove_empty_stack(cloudformation, described)
        raise _refused(prepared.get("StatusReason", "no reason given"))
    cloudformation.execute_change_set(ChangeSetName=change_set["Id"])
    _look(cloudformation, change_set["Id"], "ExecutionStatus", _EXECUTING)
    ended = find_stack(cloudformation, stack)
    if ended is None or ended["StackStatus"] not in {"IMPORT_COMPLETE", "UPDATE_COMPLETE"}:
        raise CliError(
            f"CloudFormation rolled the change back: {_first_failure(cloudformation, stack)}",
            "Remove the cause, then repeat the command. The resources are unchanged.",
        )


#: The statuses of a change set that is not ready yet, and those of one that is being executed.
_PREPARING = frozenset({"CREATE_PENDING", "CREATE_IN_PROGRESS"})
_EXECUTING = frozenset({"AVAILABLE", "EXECUTE_IN_PROGRESS"})


def _look(
    cloudformation: Any, change_set: str, field: str, passing: frozenset[str]
) -> dict[str, Any]:
    """Return a change set once a field of it has none of the passing values."""
    for _ in _looks():
        described: dict[str, Any] = cloudformation.describe_change_set(ChangeSetName=change_set)
        if described[field] not in passing:
            return described
    raise CliError(
        f"The change set {change_set} has not ended within {PATIENCE / 60:.0f} minutes.",
        "Look at the stack's events in the CloudFormation console, then repeat the command.",
    )


def _looks() -> Iterator[None]:
    """Yield until the patience is over, with pauses that grow."""
    pause, longest = POLL
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        yield
        time.sleep(pause)
        pause = min(2 * pause, longest)


def _refused(reason: str) -> CliError:
    if match := _OWNED.search(reason):
        return owned(match["physical"], match["stack"])
    return CliError(f"CloudFormation refused the change: {reason.rstrip('.')}.")


def _first_failure(cloudformation: Any, stack: str) -> str:
    """Return the first failure of the last operation on a stack."""
    pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack)
    reason = "no reason given"
    for event in (event for page in pages for event in page["StackEvents"]):  # the newest first
        if event["ResourceStatus"].endswith("FAILED"):
            reason = f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', reason)}"
        is_own = event["PhysicalResourceId"] == event["StackId"]
        if is_own and event["ResourceStatus"] in {"IMPORT_IN_PROGRESS", "UPDATE_IN_PROGRESS"}:
            break
    return reason


def _describe(cloudformation: Any, name: str) -> dict[str, Any] | None:
    from botocore.exceptions import ClientError  # noqa: PLC0415 - slow to import

    try:
        [stack] = cloudformation.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        return None
    described: dict[str, Any] = stack
    return described


def _is_under_way(status: str) -> bool:
    return status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS"
