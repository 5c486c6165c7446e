"""Conditional writes of one item: as a PartiQL statement of a batch, or as part of a transaction.

Every write of the notifications table is built here. DynamoDB's batches take PartiQL, and its
transactions take expressions, so an update has both forms.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from notification_core.adapters.dynamodb.fast.attributes import Attribute, RawItem
from notification_core.adapters.dynamodb.fast.client import Statement

#: The values that attributes must have; a list has the allowed values. The key is one of them.
Condition = Mapping[str, Attribute | list[Attribute]]


def insertion(table: str, item: RawItem) -> Statement:
    """Return the statement that stores an item, unless an item with its key exists."""
    fields = ", ".join(f"'{name}': ?" for name in item)
    return {
        "Statement": f'INSERT INTO "{table}" VALUE {{{fields}}}',
        "Parameters": list(item.values()),
    }


def deletion(table: str, held: Condition) -> Statement:
    """Return the statement that deletes an item on a condition."""
    return {
        "Statement": f'DELETE FROM "{table}" WHERE {_where(held)}',
        "Parameters": _parameters(held),
    }


@dataclass(frozen=True, slots=True)
class Update:
    """A change of an item.

    Args:
        table: the item's table.
        values: the new values.
        held: the condition, which includes the item's key.
        removed: the names of attributes to remove.
    """

    table: str
    values: RawItem
    held: Condition
    removed: Sequence[str] = ()

    def statement(self, returning: str = "") -> Statement:
        """Return the change as a statement. If the condition fails, DynamoDB returns the item.

        `returning` is PartiQL's clause for the response of a statement that was carried out.
        """
        actions = [f'SET "{name}"=?' for name in self.values]
        actions += [f'REMOVE "{name}"' for name in self.removed]
        text = f'UPDATE "{self.table}" {" ".join(actions)} WHERE {_where(self.held)}'
        return {
            "Statement": f"{text} {returning}".rstrip(),
            "Parameters": [*self.values.values(), *_parameters(self.held)],
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }

    def in_transaction(self, key: str = "id") -> dict[str, Any]:
        """Return the change as one write of a transaction. `key` is the table's partition key."""
        names = [*self.values, *self.removed, *self.held]
        actions = []
        if self.values:
            actions.append("SET " + ", ".join(f"#{name} = :{name}" for name in self.values))
        if self.removed:
            actions.append("REMOVE " + ", ".join(f"#{name}" for name in self.removed))
        values = {f":{name}": value for name, value in self.values.items()}
        conditions = []
        for name, wanted in self.held.items():
            if isinstance(wanted, list):
                allowed = {f":held_{name}_{place}": value for place, value in enumerate(wanted)}
                conditions.append(f"#{name} IN ({', '.join(allowed)})")
            else:
                allowed = {f":held_{name}": wanted}
                conditions.append(f"#{name} = :held_{name}")
            values |= allowed
        return {
            "Update": {
                "TableName": self.table,
                "Key": {key: self.held[key]},
                "UpdateExpression": " ".join(actions),
                "ConditionExpression": " AND ".join(conditions),
                "ExpressionAttributeNames": {f"#{name}": name for name in names},
                "ExpressionAttributeValues": values,
            }
        }


def _where(held: Condition) -> str:
    return " AND ".join(
        f'"{name}" IN [{", ".join("?" * len(wanted))}]'
        if isinstance(wanted, list)
        else f'"{name}"=?'
        for name, wanted in held.items()
    )


def _parameters(held: Condition) -> list[Attribute]:
    parameters: list[Attribute] = []
    for wanted in held.values():
        parameters += wanted if isinstance(wanted, list) else [wanted]
    return parameters
