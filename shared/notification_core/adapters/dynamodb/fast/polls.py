"""Polls as items of the notifications table. `tables/models.py` defines the attributes."""

from typing import Any

from notification_core.adapters.dynamodb.fast.batch_get import RawItem, plain
from notification_core.adapters.dynamodb.fast.statements import StatementFailed, error_code, execute
from notification_core.adapters.dynamodb.tables.conditional_writes import CONDITION_FAILED
from notification_core.domain.clock import from_epoch_ms, to_epoch_ms
from notification_core.domain.due import shard_of
from notification_core.domain.polls import Poll

DUPLICATE = "DuplicateItem"


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


def add(client: Any, table: str, poll: Poll, due_shards: int) -> None:
    """Store a poll. A repeated request succeeds as well."""
    item = {
        "id": {"S": poll.id},
        "module": {"S": poll.module},
        "polled": {"S": " ".join(poll.notifications)},
        "sent_at": {"N": str(to_epoch_ms(poll.sent_at))},
        "due_shard": {"S": shard_of(poll.module, poll.id, due_shards)},
        "due_at": {"N": str(to_epoch_ms(poll.due_at))},
    }
    fields = ", ".join(f"'{name}': ?" for name in item)
    _execute(client, f'INSERT INTO "{table}" VALUE {{{fields}}}', list(item.values()), DUPLICATE)


def replace(client: Any, table: str, before: Poll, after: Poll | None) -> bool:
    """Store a poll's next turn in its current shard, or remove the poll.

    Implements `NotificationStore.replace_poll`.
    """
    turn = [{"S": before.id}, {"N": str(to_epoch_ms(before.due_at))}]
    where = 'WHERE "id"=? AND "due_at"=?'
    if after is None:
        return _execute(client, f'DELETE FROM "{table}" {where}', turn, CONDITION_FAILED)
    values = [{"S": " ".join(after.notifications)}, {"N": str(to_epoch_ms(after.due_at))}]
    statement = f'UPDATE "{table}" SET "polled"=? SET "due_at"=? {where}'
    return _execute(client, statement, [*values, *turn], CONDITION_FAILED)


def _execute(client: Any, statement: str, parameters: list[Any], refusal: str) -> bool:
    [response] = execute(client, [{"Statement": statement, "Parameters": parameters}])
    code = error_code(response)
    if code not in {None, refusal}:
        raise StatementFailed(code)
    return code is None
