"""Conditional writes with PynamoDB: every condition of the tables is evaluated here."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from pynamodb.exceptions import DeleteError, PutError, TransactWriteError, UpdateError
from pynamodb.expressions.update import Action
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from notification_core.adapters.backoff import backoff
from notification_core.adapters.dynamodb.errors import (
    CONDITION_FAILED,
    CONDITION_FAILED_ALONE,
    CONFLICT,
    DynamoDBError,
)
from notification_core.adapters.dynamodb.tables.connection import shared_connection
from notification_core.domain.errors import NotificationError, Unavailable

#: How often a transaction is attempted that conflicts with another one.
ATTEMPTS = 5

#: The error that is raised if a condition fails.
Rejection = type[NotificationError]

#: Adds a write to PynamoDB's transaction; and the error if its condition fails.
_Write = tuple[Callable[[TransactWrite], None], Rejection]


def update_if(item: Model, actions: list[Any], condition: Any) -> bool:
    """Update an item on a condition; returns whether the condition held."""
    return _held(lambda: item.update(actions=actions, condition=condition))


def put_if(item: Model, condition: Any) -> bool:
    """Store a whole item on a condition; returns whether the condition held."""
    return _held(lambda: item.save(condition=condition))


def delete_if(item: Model, condition: Any) -> bool:
    """Delete an item on a condition; returns whether the condition held."""
    return _held(lambda: item.delete(condition=condition))


def _held(write: Callable[[], object]) -> bool:
    try:
        write()
    except (PutError, UpdateError, DeleteError) as error:
        if error.cause_response_code != CONDITION_FAILED_ALONE:
            raise DynamoDBError(error.cause_response_code or type(error.cause).__name__) from error
        return False
    return True


class Transaction:
    """Writes that are all carried out, or none of them.

    The error of a write, `otherwise`, is raised if its condition fails.
    """

    def __init__(self) -> None:
        # PynamoDB sends checks first, then deletions, puts and updates, in any order of the calls.
        self._checks: list[_Write] = []
        self._deletions: list[_Write] = []
        self._puts: list[_Write] = []
        self._updates: list[_Write] = []

    def check(self, model: type[Model], key: str, condition: Any, otherwise: Rejection) -> None:
        """Require a condition of an item that is not written."""
        self._checks.append(
            (lambda to: to.condition_check(model, key, condition=condition), otherwise)
        )

    def delete(
        self, item: Model, condition: Any = None, otherwise: Rejection = Unavailable
    ) -> None:
        """Delete an item."""
        self._deletions.append((lambda to: to.delete(item, condition=condition), otherwise))

    def put(self, item: Model, condition: Any, otherwise: Rejection) -> None:
        """Store a whole item."""
        self._puts.append((lambda to: to.save(item, condition=condition), otherwise))

    def update(
        self,
        item: Model,
        actions: Sequence[Action],
        condition: Any = None,
        otherwise: Rejection = Unavailable,
    ) -> None:
        """Change attributes of an item."""
        self._updates.append(
            (lambda to: to.update(item, [*actions], condition=condition), otherwise)
        )

    def write(self) -> None:
        """Carry out the writes. Conflicts with concurrent transactions are retried.

        Raises:
            NotificationError: the error of the first write whose condition failed.
            Unavailable: the transaction failed for another reason.
        """
        writes = [*self._checks, *self._deletions, *self._puts, *self._updates]
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with TransactWrite(connection=shared_connection()) as transaction:
                    for add_to, _ in writes:
                        add_to(transaction)
            except TransactWriteError as error:
                codes = [reason and reason.code for reason in error.cancellation_reasons]
                for code, (_, otherwise) in zip(codes, writes, strict=False):
                    if code == CONDITION_FAILED:
                        raise otherwise from error
                if CONFLICT not in codes or attempt == ATTEMPTS:
                    raise Unavailable from error
                time.sleep(backoff(attempt))
            else:
                return
