"""Faults of the DynamoDB adapter that the model must find."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from notification_core.adapters.dynamodb.fast.notifications import DynamoNotifications
from notification_core.adapters.dynamodb.fast.writes import Update
from notification_core.domain.transitions import Transition
from tests.model.mutations import Mutation


def claiming_without(condition: str, parameters: slice) -> Mutation:
    """Claim in DynamoDB on fewer conditions."""
    claiming = DynamoNotifications._claiming

    def blindly(self: DynamoNotifications, *args: Any) -> dict[str, Any]:
        said = claiming(self, *args)
        del said["Parameters"][parameters]
        return {**said, "Statement": said["Statement"].replace(condition, "")}

    return patch.object(DynamoNotifications, "_claiming", blindly)


def holding_without(*names: str) -> Mutation:
    """Store in DynamoDB on fewer conditions."""
    update = DynamoNotifications._update

    def loosely(self: DynamoNotifications, change: Transition) -> Update:
        whole = update(self, change)
        kept = {name: value for name, value in whole.held.items() if name not in names}
        return replace(whole, held=kept)

    return patch.object(DynamoNotifications, "_update", loosely)


#: What is broken in the adapter of DynamoDB.
MUTATIONS: dict[str, Callable[[], Mutation]] = {
    "a claim does not ask for the status": lambda: claiming_without(
        ' AND "status" IN [?, ?]', slice(7, 9)
    ),
    "a claim does not ask for the turn": lambda: claiming_without(' AND "due_at"=?', slice(6, 7)),
    "an outcome is stored under any token": lambda: holding_without("token"),
    "an outcome is stored whatever stands": lambda: holding_without("status", "due_at", "token"),
}
