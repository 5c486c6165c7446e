"""Conditional writes over PynamoDB, and what its items have in common."""

from collections.abc import Callable, Mapping
from typing import Any

from pynamodb.exceptions import TransactWriteError, UpdateError
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from notifications.adapters.dynamodb.tables import RecordItem
from notifications.domain.clock import from_epoch_ms, to_epoch_ms
from notifications.domain.errors import NotificationError, Unavailable

#: What a statement's error and a transaction's reason call a condition that did not hold.
CONDITION_FAILED = "ConditionalCheckFailed"


def transact(
    write: Callable[[TransactWrite], None], refusals: list[type[NotificationError]]
) -> None:
    """Write all or nothing; the n-th operation's failed condition raises the n-th refusal.

    PynamoDB sends checks first, then deletions, puts and updates: list the refusals so.
    """
    try:
        with TransactWrite(connection=RecordItem._get_connection().connection) as transaction:  # noqa: SLF001 - one client for all
            write(transaction)
    except TransactWriteError as error:
        for reason, refusal in zip(error.cancellation_reasons, refusals, strict=False):
            if reason is not None and reason.code == CONDITION_FAILED:
                raise refusal from error
        raise Unavailable from error


def update_if(item: Model, actions: list[Any], condition: Any) -> bool:
    """Update on a condition; whether it held."""
    try:
        item.update(actions=actions, condition=condition)
    except UpdateError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
        return False
    return True


MOMENTS = ("created_at", "updated_at")


def with_epochs(values: dict[str, Any]) -> dict[str, Any]:
    """Turn an entity's times into an item's numbers."""
    return values | {name: to_epoch_ms(values[name]) for name in MOMENTS}


def with_moments(values: Mapping[str, Any]) -> dict[str, Any]:
    """Turn an item's numbers into an entity's times."""
    return {**values, **{name: from_epoch_ms(int(values[name])) for name in MOMENTS}}
