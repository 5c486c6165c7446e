"""What stands in the table of notifications: one, a hundred or ten thousand of one kind."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum
from functools import cache
from typing import Any, cast
from uuid import UUID

from notification_core.adapters.dynamodb.fast.items import to_raw
from notification_core.domain.due import shard_of
from notification_core.domain.failures import Rejected
from notification_core.domain.notification import Notification
from tests.benchmarks.stub.scenario import Scenario, fill
from tests.benchmarks.stub.sizes import Item
from tests.benchmarks.stub.tables import Table
from tests.builders import a_claim, a_notification

SHARDS = 4
RETENTION = timedelta(days=90)


class Kind(Enum):
    """How all of them stand."""

    WAITING = "due in a week"
    DUE = "due now"
    LOST = "overdue, and no message of it is on its way"
    FAILED = "failed"
    SENT = "sent, and waiting for a confirmation"
    ELSEWHERE = "due in a week, at another address of the user"
    REFERENCED = "due in a week, with a reference"
    IDENTIFIED = "sent, where the index by the provider's ID exists"


REFERENCE, MESSAGE_ID = "order 1", "SM1"


def _waiting(notification: Notification, now: datetime) -> Notification:
    later = now + timedelta(days=7)
    return replace(notification, due_at=later, scheduled_delivery=later)


def _failed(notification: Notification, now: datetime) -> Notification:
    claimed = replace(notification, due_at=now).claimed(a_claim(now), now)
    return claimed.failed(now, Rejected("21617"))


def _sent(notification: Notification, now: datetime) -> Notification:
    claimed = replace(notification, due_at=now).claimed(a_claim(now), now)
    return claimed.sent(now, MESSAGE_ID, now + timedelta(days=1))


def _elsewhere(notification: Notification, now: datetime) -> Notification:
    return _waiting(replace(notification, target_user_record="another"), now)


def _referenced(notification: Notification, now: datetime) -> Notification:
    return _waiting(replace(notification, reference=REFERENCE), now)


MADE: dict[Kind, Callable[[Notification, datetime], Notification]] = {
    Kind.WAITING: _waiting,
    Kind.DUE: lambda it, now: replace(it, due_at=now),
    Kind.LOST: lambda it, now: replace(it, due_at=now - timedelta(minutes=5)),
    Kind.FAILED: _failed,
    Kind.SENT: _sent,
    Kind.ELSEWHERE: _elsewhere,
    Kind.REFERENCED: _referenced,
    Kind.IDENTIFIED: _sent,
}


def stock(
    kind: Kind, count: int, now: datetime, *, all_indexes: bool = False, **facts: Any
) -> tuple[Table, list[str]]:
    """Return a table with so many of a kind, a millisecond apart, and their ids, oldest first.

    They were created in the last ten minutes before the last; `facts` are alike of all.
    """
    scenario = Scenario(
        module="twilio", counting=True, provider_id_index=all_indexes or kind is Kind.IDENTIFIED
    )
    table = fill(scenario)[0]["notifications"]
    created = now - timedelta(minutes=10)
    first = MADE[kind](a_notification(created_at=created, updated_at=created, **facts), now)
    pattern: Item = {**to_raw(first, due_shards=SHARDS, retention=RETENTION)}
    ids = _ids(count)
    table.load(_copy(pattern, first.module, each, place) for place, each in enumerate(ids))
    return table, ids


@cache
def _ids(count: int) -> list[str]:
    """Return the same ids each time, so that the shards hold as many each time."""
    return [str(UUID(int=number)) for number in range(1, count + 1)]


def _copy(pattern: Item, module: str, own_id: str, place: int) -> Item:
    shard = {"S": shard_of(module, own_id, SHARDS)}
    shards = {name: shard for name in ("due_shard", "failed_shard") if name in pattern}
    moments = {
        name: {"N": str(int(pattern[name]["N"]) + place)}
        for name in ("created_at", "updated_at", "due_at")
        if name in pattern
    }
    return cast("Item", {**pattern, **shards, **moments, "id": {"S": own_id}})


def due_at(table: Table, notification_id: str) -> int:
    """Return when one is due, in epoch milliseconds."""
    return int(table.items[notification_id]["due_at"]["N"])
