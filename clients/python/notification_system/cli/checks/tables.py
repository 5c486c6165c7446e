"""Checks of the tables: their indexes, and the expiry of finished notifications."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from notification_system.cli.checks.finding import Finding, warning
from notification_system.cli.checks.stack import TABLE, Resource, Stack
from notification_system.cli.formatting import pluralize


@dataclass(frozen=True)
class Index:
    """An index of the template.

    Args:
        hash_key: the name and the type of its first key, such as `due_shard S`.
        range_key: the same of its second key; empty if it has one key only.
        parameter: the parameter that switches it on; empty if it always exists.
    """

    name: str
    hash_key: str
    range_key: str = ""
    parameter: str = ""


#: The indexes of each table, by the table's logical id.
INDEXES: dict[str, tuple[Index, ...]] = {
    "RecordsTable": (Index("by_target", "target S"),),
    "NotificationsTable": (
        Index("due", "due_shard S", "due_at N"),
        Index("by_user", "user S", "created_at N"),
        Index("failed", "failed_shard S", "updated_at N"),
        Index("by_reference", "reference S", "created_at N", "ReferenceIndex"),
        Index("by_provider_id", "provider_message_id S", "created_at N", "ProviderIdIndex"),
    ),
    "JobsTable": (
        Index("running", "state S", "stalled_at N"),
        Index("by_month", "month S", "position S"),
    ),
    "TemplatesTable": (Index("heads", "listed S", "name S"),),
}

#: The attribute that holds the time at which an item expires, and the tables that have it.
EXPIRY = "expires_at"
EXPIRING = (
    "NotificationsTable",
    "JobsTable",
    "TemplatesTable",
    "SessionsTable",
    "AuditTable",
    "CountersTable",
)


def indexes(stack: Stack) -> Iterator[Finding]:
    """Check that every table has its indexes."""
    expected = [
        (table, index)
        for table in stack.of_type(TABLE)
        for index in INDEXES.get(table.logical, ())
        if not index.parameter or stack.parameters.get(index.parameter) == "true"
    ]
    deployed = {table: _indexes(stack, table) for table in {table for table, _ in expected}}
    problems = [
        finding
        for table, index in expected
        if (finding := _index(stack, table, index, deployed[table]))
    ]
    count = pluralize(len(expected), "index", "indexes")
    yield from problems or [Finding("indexes", True, f"{count}, all active.")]


def _indexes(stack: Stack, table: Resource) -> dict[str, Any] | None:
    """Return the status of each index of a table by its name; None if the table was deleted."""
    client = stack.client("dynamodb")
    try:
        described = client.describe_table(TableName=table.physical)["Table"]
    except client.exceptions.ResourceNotFoundException:
        return None
    listed = described.get("GlobalSecondaryIndexes", ())
    return {index["IndexName"]: index.get("IndexStatus", "ACTIVE") for index in listed}


def _index(
    stack: Stack, table: Resource, index: Index, deployed: dict[str, Any] | None
) -> Finding | None:
    if deployed is None:
        return stack.deleted("indexes", f"The table {table.logical} was deleted.")
    status = deployed.get(index.name)
    if status == "ACTIVE":
        return None
    if status is not None:
        words = ["dynamodb", "describe-table", "--table-name", table.physical]
        message = f"The index {index.name} of {table.logical} is not complete yet: {status}."
        return warning("indexes", message, stack.aws(*words))
    words = ["dynamodb", "update-table", "--table-name", table.physical, *_creation(index)]
    message = (
        f"{table.logical} has no index {index.name}. If the stack is of an earlier release, deploy "
        "this one. Otherwise the index was deleted and has to be created:"
    )
    return Finding("indexes", False, message, stack.aws(*words))


def _creation(index: Index) -> list[str]:
    keys = [key.split(" ") for key in (index.hash_key, index.range_key) if key]
    attributes = [{"AttributeName": name, "AttributeType": kind} for name, kind in keys]
    schema = [
        {"AttributeName": name, "KeyType": kind}
        for (name, _), kind in zip(keys, ("HASH", "RANGE"), strict=False)
    ]
    create = {
        "IndexName": index.name,
        "KeySchema": schema,
        "Projection": {"ProjectionType": "KEYS_ONLY"},
    }
    updates = json.dumps([{"Create": create}])
    return [
        *("--attribute-definitions", json.dumps(attributes)),
        *("--global-secondary-index-updates", updates),
    ]


def expiry(stack: Stack) -> Iterator[Finding]:
    """Check that DynamoDB removes items when they expire."""
    tables = [table for table in stack.of_type(TABLE) if table.logical in EXPIRING]
    problems = [finding for table in tables if (finding := _expiry(stack, table))]
    count = pluralize(len(tables), "table")
    yield from problems or [Finding("expiry", True, f"{count} remove what has expired.")]


def _expiry(stack: Stack, table: Resource) -> Finding | None:
    client = stack.client("dynamodb")
    try:
        answer = client.describe_time_to_live(TableName=table.physical)["TimeToLiveDescription"]
    except client.exceptions.ResourceNotFoundException:
        return stack.deleted("expiry", f"The table {table.logical} was deleted.")
    status, attribute = answer["TimeToLiveStatus"], answer.get("AttributeName")
    if status in {"ENABLED", "ENABLING"} and attribute == EXPIRY:
        return None
    specification = json.dumps({"Enabled": True, "AttributeName": EXPIRY})
    words = ["dynamodb", "update-time-to-live", "--table-name", table.physical]
    problem = f"is {status.lower()}" if attribute in {None, EXPIRY} else f"is set on {attribute}"
    message = (
        f"The time to live of {table.logical} {problem}: items are kept after {EXPIRY}, among them "
        "personal data."
    )
    words += ["--time-to-live-specification", specification]
    return Finding("expiry", False, message, stack.aws(*words))
