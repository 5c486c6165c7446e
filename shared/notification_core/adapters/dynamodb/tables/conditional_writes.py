"""Conditional writes over PynamoDB, and what its items have in common."""

import json
import random
import time
from collections.abc import Callable, Mapping
from typing import Any

from pynamodb.exceptions import DeleteError, PutError, TransactWriteError, UpdateError
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from notification_core.adapters.dynamodb.tables.models import RecordItem
from notification_core.domain.addresses import Deactivation
from notification_core.domain.clock import from_epoch_ms, to_epoch_ms
from notification_core.domain.errors import NotificationError, Unavailable

#: How often a transaction that met another one is tried.
ATTEMPTS = 5

#: What a statement's error and a transaction's reason call a condition that did not hold.
CONDITION_FAILED = "ConditionalCheckFailed"
#: What a single write calls it.
CONDITION_FAILED_ALONE = "ConditionalCheckFailedException"
#: What a transaction calls another one that is under way with one of its items.
CONFLICT = "TransactionConflict"


def transact(
    write: Callable[[TransactWrite], None], refusals: list[type[NotificationError]]
) -> None:
    """Write all or nothing; the n-th operation's failed condition raises the n-th refusal.

    PynamoDB sends checks first, then deletions, puts and updates: list the refusals so.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with TransactWrite(connection=RecordItem._get_connection().connection) as transaction:  # noqa: SLF001 - one client for all
                write(transaction)
        except TransactWriteError as error:
            codes = [reason and reason.code for reason in error.cancellation_reasons]
            for code, refusal in zip(codes, refusals, strict=False):
                if code == CONDITION_FAILED:
                    raise refusal from error
            if CONFLICT not in codes or attempt == ATTEMPTS:
                raise Unavailable from error
            time.sleep(random.uniform(0, 0.05 * 2**attempt))  # noqa: S311 - not a secret
        else:
            return


def update_if(item: Model, actions: list[Any], condition: Any) -> bool:
    """Update on a condition; whether it held."""
    return _held(lambda: item.update(actions=actions, condition=condition))


def put_if(item: Model, condition: Any) -> bool:
    """Store an item whole on a condition; whether it held."""
    return _held(lambda: item.save(condition=condition))


def delete_if(item: Model, condition: Any) -> bool:
    """Delete an item on a condition; whether it held."""
    return _held(lambda: item.delete(condition=condition))


def _held(write: Callable[[], object]) -> bool:
    try:
        write()
    except (PutError, UpdateError, DeleteError) as error:
        if error.cause_response_code != CONDITION_FAILED_ALONE:
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


def deactivation_text(off: Deactivation) -> str:
    """Return what a record's item keeps of why and when it was switched off."""
    return json.dumps([off.reason, off.code, to_epoch_ms(off.at)])
