"""Transactions that write a notification's end and the change of its target user record.

Source: Amazon DynamoDB API Reference, TransactWriteItems.
"""

import re
from collections.abc import Mapping
from typing import Any

from notification_core.adapters.dynamodb.fast.batch_get import RawItem
from notification_core.adapters.dynamodb.tables.conditional_writes import deactivation_text
from notification_core.domain.addresses import TargetUserRecord
from notification_core.domain.clock import to_epoch_ms


class Cancelled(Exception):
    """A transaction was cancelled; `reasons` has DynamoDB's code for each of its writes."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(", ".join(reasons))
        self.reasons = reasons


def update(
    table: str, key: RawItem, values: RawItem, removed: list[str], held: RawItem
) -> dict[str, Any]:
    """Return one write of a transaction: new values, removed attributes, and conditions."""
    names = [*values, *removed, *held]
    sets = ", ".join(f"#{name} = :{name}" for name in values)
    actions = [f"SET {sets}"] if sets else []
    if removed:
        actions.append("REMOVE " + ", ".join(f"#{name}" for name in removed))
    return {
        "Update": {
            "TableName": table,
            "Key": key,
            "UpdateExpression": " ".join(actions),
            "ConditionExpression": " AND ".join(f"#{name} = :held_{name}" for name in held),
            "ExpressionAttributeNames": {f"#{name}": name for name in names},
            "ExpressionAttributeValues": {
                **{f":{name}": value for name, value in values.items()},
                **{f":held_{name}": value for name, value in held.items()},
            },
        }
    }


def record_update(table: str, before: TargetUserRecord, after: TargetUserRecord) -> dict[str, Any]:
    """Return the write of a record's deactivation and strikes, if the record is unchanged."""
    values: RawItem = {
        "active": {"BOOL": after.active},
        "strikes": {"N": str(after.strikes)},
        "updated_at": {"N": str(to_epoch_ms(after.updated_at))},
    }
    removed = []
    if off := after.deactivation:
        values["deactivation"] = {"S": deactivation_text(off)}
    else:
        removed.append("deactivation")
    held: RawItem = {
        "id": {"S": before.id},
        "target_user_id": {"S": before.target_user_id},
        "strikes": {"N": str(before.strikes)},
        "updated_at": {"N": str(to_epoch_ms(before.updated_at))},
    }
    return update(table, {"id": {"S": before.id}}, values, removed, held)


def cancellation(answer: Mapping[str, Any]) -> Cancelled | None:
    """Parse the reasons in an error's body, if a transaction was cancelled."""
    if not str(answer.get("__type", "")).endswith("TransactionCanceledException"):
        return None
    listed = answer.get("CancellationReasons")
    if listed is None:
        message = str(answer.get("message") or answer.get("Message") or "")
        match = re.search(r"\[(.*)\]", message)
        return Cancelled([part.strip() for part in match[1].split(",")] if match else [])
    return Cancelled([str(reason.get("Code") or "None") for reason in listed])
