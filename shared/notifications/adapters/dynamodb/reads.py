"""Strongly consistent reads of many items by their keys."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

#: Keys of one request (Amazon DynamoDB API Reference, BatchGetItem).
BATCH = 100
PARALLEL = 4

#: One item as DynamoDB's API has it: {"id": {"S": "..."}, ...}.
RawItem = dict[str, dict[str, Any]]


def read_items(client: Any, table: str, key: str, values: Iterable[str]) -> list[RawItem]:
    """Return those that exist, in no order. `key` is the table's partition key, a string."""
    keys = [{key: {"S": value}} for value in sorted(set(values))]
    batches = [keys[start : start + BATCH] for start in range(0, len(keys), BATCH)]
    if len(batches) <= 1:
        return [item for batch in batches for item in _read(client, table, batch)]
    with ThreadPoolExecutor(min(len(batches), PARALLEL)) as pool:
        found = pool.map(lambda batch: list(_read(client, table, batch)), batches)
        return [item for items in found for item in items]


def _read(client: Any, table: str, keys: list[RawItem]) -> Iterator[RawItem]:
    """Ask until DynamoDB has had the capacity for all of them."""
    waiting: Any = {table: {"Keys": keys, "ConsistentRead": True}}
    while waiting:
        answer = client.batch_get_item(RequestItems=waiting)
        yield from answer["Responses"].get(table, ())
        waiting = answer.get("UnprocessedKeys")


def plain(item: RawItem) -> dict[str, Any]:
    """Return an item's values without their types; numbers are texts still."""
    return {name: next(iter(value.values())) for name, value in item.items()}
