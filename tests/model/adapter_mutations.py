"""Faults of the DynamoDB adapter that the model must find."""

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

from notification_core.adapters.dynamodb.fast import notifications
from notification_core.adapters.dynamodb.fast.claims import claiming
from notification_core.adapters.dynamodb.fast.notifications import DynamoNotifications
from notification_core.domain.changes import Change
from tests.model.mutations import Mutation


def claiming_without(condition: str, parameters: slice) -> Mutation:
    """Claim in DynamoDB on fewer conditions."""

    def blindly(*args: Any) -> dict[str, Any]:
        said = claiming(*args)
        del said["Parameters"][parameters]
        return {**said, "Statement": said["Statement"].replace(condition, "")}

    return patch.object(notifications, "claiming", blindly)


def holding_without(*names: str) -> Mutation:
    """Store in DynamoDB on fewer conditions."""
    difference = DynamoNotifications._difference

    def loosely(self: DynamoNotifications, change: Change) -> Any:
        values, removed, held = difference(self, change)
        kept = {name: value for name, value in held.items() if name not in names}
        return values, removed, kept

    return patch.object(DynamoNotifications, "_difference", loosely)


#: What is broken in the adapter of DynamoDB.
MUTATIONS: dict[str, Callable[[], Mutation]] = {
    "a claim does not ask for the status": lambda: claiming_without(
        ' AND "status" IN [?, ?]', slice(7, 9)
    ),
    "a claim does not ask for the turn": lambda: claiming_without(' AND "due_at"=?', slice(6, 7)),
    "an outcome is stored under any token": lambda: holding_without("token"),
    "an outcome is stored whatever stands": lambda: holding_without("status", "due_at", "token"),
}
