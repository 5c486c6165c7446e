"""Polls as items of the notifications table. `models/notifications.py` defines the attributes."""

from notification_core.adapters.dynamodb.errors import CONDITION_FAILED, DUPLICATE, DynamoDBError
from notification_core.adapters.dynamodb.fast.attributes import RawItem, number, plain, string
from notification_core.adapters.dynamodb.fast.client import LowLevelClient, Statement
from notification_core.adapters.dynamodb.fast.statements import execute, succeeded
from notification_core.adapters.dynamodb.fast.writes import Update, deletion, insertion
from notification_core.domain.clock import from_epoch_ms, to_epoch_ms
from notification_core.domain.due import shard_of
from notification_core.domain.polls import Poll


def is_poll(item: RawItem) -> bool:
    """Whether an item of the notifications table is a poll."""
    return "polled" in item


def poll_of(raw: RawItem) -> Poll:
    """Convert an item to a poll."""
    item = plain(raw)
    return Poll(
        id=item["id"],
        module=item["module"],
        notifications=tuple(item["polled"].split()),
        sent_at=from_epoch_ms(int(item["sent_at"])),
        due_at=from_epoch_ms(int(item["due_at"])),
    )


def add(client: LowLevelClient, table: str, poll: Poll, due_shards: int) -> None:
    """Store a poll. A repeated request succeeds as well."""
    item = {
        "id": string(poll.id),
        "module": string(poll.module),
        "polled": string(" ".join(poll.notifications)),
        "sent_at": number(to_epoch_ms(poll.sent_at)),
        "due_shard": string(shard_of(poll.module, poll.id, due_shards)),
        "due_at": number(to_epoch_ms(poll.due_at)),
    }
    _execute(client, insertion(table, item), DUPLICATE)


def replace(client: LowLevelClient, table: str, before: Poll, after: Poll | None) -> bool:
    """Store a poll's next turn in its current shard, or remove the poll.

    Implements `NotificationStore.replace_poll`.
    """
    turn = {"id": string(before.id), "due_at": number(to_epoch_ms(before.due_at))}
    if after is None:
        return _execute(client, deletion(table, turn), CONDITION_FAILED)
    values = {
        "polled": string(" ".join(after.notifications)),
        "due_at": number(to_epoch_ms(after.due_at)),
    }
    return _execute(client, Update(table, values, turn).statement(), CONDITION_FAILED)


def _execute(client: LowLevelClient, statement: Statement, rejection: str) -> bool:
    [response] = execute(client, [statement])
    result = succeeded(response, rejection)
    if isinstance(result, DynamoDBError):
        raise result
    return result
