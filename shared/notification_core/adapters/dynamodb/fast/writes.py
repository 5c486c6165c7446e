"""Conditional writes of one item: as a PartiQL statement of a batch, or as part of a transaction.

Every write of the notifications table is built here. DynamoDB's batches take PartiQL, and its
transactions take expressions, so an update has both forms.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from notification_core.adapters.dynamodb.fast.attributes import Attribute, RawItem
from notification_core.adapters.dynamodb.fast.client import Statement

#: Statement texts in memory, more than the kinds of statements.
TEXTS = 256

#: The values that attributes must have; a list has the allowed values. The key is one of them.
Condition = Mapping[str, Attribute | list[Attribute]]


def insertion(table: str, item: RawItem) -> Statement:
    """Return the statement that stores an item, unless an item with its key exists."""
    return {
        "Statement": _insertion_text(table, tuple(item)),
        "Parameters": list(item.values()),
    }


def deletion(table: str, held: Condition) -> Statement:
    """Return the statement that deletes an item on a condition."""
    return {
        "Statement": f'DELETE FROM "{table}" WHERE {_where(_shape(held))}',
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
        text = _update_text(
            self.table, tuple(self.values), tuple(self.removed), _shape(self.held), returning
        )
        return {
            "Statement": text,
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


#: The names of a condition's attributes, and the number of values that each may have.
_Shape = tuple[tuple[str, int], ...]


def _shape(held: Condition) -> _Shape:
    return tuple(
        (name, len(wanted) if isinstance(wanted, list) else 1) for name, wanted in held.items()
    )


# The texts are cached because the hot path writes a few kinds of statements very often.
@lru_cache(TEXTS)
def _insertion_text(table: str, names: tuple[str, ...]) -> str:
    fields = ", ".join(f"'{name}': ?" for name in names)
    return f'INSERT INTO "{table}" VALUE {{{fields}}}'


@lru_cache(TEXTS)
def _update_text(
    table: str, names: tuple[str, ...], removed: tuple[str, ...], held: _Shape, returning: str
) -> str:
    actions = [f'SET "{name}"=?' for name in names]
    actions += [f'REMOVE "{name}"' for name in removed]
    text = f'UPDATE "{table}" {" ".join(actions)} WHERE {_where(held)}'
    return f"{text} {returning}".rstrip()


def _where(held: _Shape) -> str:
    return " AND ".join(
        f'"{name}"=?' if count == 1 else f'"{name}" IN [{", ".join("?" * count)}]'
        for name, count in held
    )


def _parameters(held: Condition) -> list[Attribute]:
    parameters: list[Attribute] = []
    for wanted in held.values():
        parameters += wanted if isinstance(wanted, list) else [wanted]
    return parameters
