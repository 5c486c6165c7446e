"""Strongly consistent reads of many items by their keys."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from notifications.adapters.parallel import in_parallel
from notifications.domain.batches import batches

#: Keys of one request (Amazon DynamoDB API Reference, BatchGetItem).
BATCH = 100
PARALLEL = 4

#: One item as DynamoDB's API has it: {"id": {"S": "..."}, ...}.
RawItem = dict[str, dict[str, Any]]


def read_items(client: Any, table: str, key: str, values: Iterable[str]) -> list[RawItem]:
    """Return those that exist, in no order. `key` is the table's partition key, a string."""
    keys = [{key: {"S": value}} for value in sorted(set(values))]

    def read(batch: Sequence[RawItem]) -> list[RawItem]:
        return list(_read(client, table, batch))

    found = in_parallel(read, list(batches(keys, BATCH)), PARALLEL)
    return [item for items in found for item in items]


def _read(client: Any, table: str, keys: Sequence[RawItem]) -> Iterator[RawItem]:
    """Ask until DynamoDB has had the capacity for all of them."""
    waiting: Any = {table: {"Keys": keys, "ConsistentRead": True}}
    while waiting:
        answer = client.batch_get_item(RequestItems=waiting)
        yield from answer["Responses"].get(table, ())
        waiting = answer.get("UnprocessedKeys")


def plain(item: RawItem) -> dict[str, Any]:
    """Return an item's values without their types; numbers are texts still."""
    return {name: next(iter(value.values())) for name, value in item.items()}
