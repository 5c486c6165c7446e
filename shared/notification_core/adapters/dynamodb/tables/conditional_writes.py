"""Conditional writes with PynamoDB, and conversions that several tables share."""

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

#: How often a transaction is attempted that conflicts with another one.
ATTEMPTS = 5

#: The code of a failed condition in a statement's error and a transaction's reasons.
CONDITION_FAILED = "ConditionalCheckFailed"
#: The code of a failed condition of a single write.
CONDITION_FAILED_ALONE = "ConditionalCheckFailedException"
#: The code of a conflict with another running transaction.
CONFLICT = "TransactionConflict"


def transact(
    write: Callable[[TransactWrite], None], refusals: list[type[NotificationError]]
) -> None:
    """Write all or nothing; if the n-th operation's condition fails, the n-th error is raised.

    PynamoDB sends checks first, then deletions, puts and updates: list the errors in this order.
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
            raise
        return False
    return True


MOMENTS = ("created_at", "updated_at")


def with_epochs(values: dict[str, Any]) -> dict[str, Any]:
    """Convert an entity's times to an item's numbers."""
    return values | {name: to_epoch_ms(values[name]) for name in MOMENTS}


def with_moments(values: Mapping[str, Any]) -> dict[str, Any]:
    """Convert an item's numbers to an entity's times."""
    return {**values, **{name: from_epoch_ms(int(values[name])) for name in MOMENTS}}


def deactivation_text(off: Deactivation) -> str:
    """Serialise why and when a record was deactivated."""
    return json.dumps([off.reason, off.code, to_epoch_ms(off.at)])
