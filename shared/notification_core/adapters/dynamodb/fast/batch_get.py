"""Reads of many items by their keys, strongly consistent by default."""

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from notification_core.adapters.backoff import backoff
from notification_core.adapters.dynamodb.fast.attributes import RawItem, string
from notification_core.adapters.dynamodb.fast.client import LowLevelClient
from notification_core.adapters.parallel import in_parallel
from notification_core.domain.batches import batches
from notification_core.domain.errors import Unavailable

#: Keys of one request (Amazon DynamoDB API Reference, BatchGetItem).
BATCH = 100
PARALLEL = 4
#: The number of consecutive requests without a result after which a read fails.
FRUITLESS = 6


def read_items(
    client: LowLevelClient,
    table: str,
    key: str,
    values: Iterable[str],
    only: Sequence[str] = (),
) -> list[RawItem]:
    """Return the items that exist, in any order. `key` is the table's partition key, a string.

    With `only`, they have only these attributes, and are read with eventual consistency.

    Raises:
        Unavailable: DynamoDB lacked the capacity for some seconds.
    """
    keys = [{key: string(value)} for value in sorted(set(values))]
    return read_keys(client, table, keys, only)


def read_keys(
    client: LowLevelClient, table: str, keys: Sequence[RawItem], only: Sequence[str] = ()
) -> list[RawItem]:
    """Return the items with these distinct keys that exist, as `read_items`."""

    def read(batch: Sequence[RawItem]) -> list[RawItem]:
        return list(_read(client, table, batch, only))

    batches_read = in_parallel(read, list(batches(keys, BATCH)), PARALLEL)
    return [item for items in batches_read for item in items]


def _read(
    client: LowLevelClient, table: str, keys: Sequence[RawItem], only: Sequence[str]
) -> Iterator[RawItem]:
    """Repeat the request until DynamoDB has returned all items.

    DynamoDB leaves out keys if the response exceeds 16 MB, or if it throttles the request. The
    reference recommends exponential backoff (Amazon DynamoDB API Reference, BatchGetItem).
    """
    waiting: Any = {table: {"Keys": keys, "ConsistentRead": not only}}
    if only:
        names = {f"#{place}": name for place, name in enumerate(only)}
        projection = {"ProjectionExpression": ", ".join(names), "ExpressionAttributeNames": names}
        waiting[table] |= projection
    left, fruitless = len(keys), 0
    while True:
        answer = client.batch_get_item(RequestItems=waiting)
        yield from answer["Responses"].get(table, ())
        waiting = answer.get("UnprocessedKeys")
        if not waiting:
            return
        before, left = left, len(waiting[table]["Keys"])
        fruitless = 0 if left < before else fruitless + 1
        if fruitless == FRUITLESS:
            raise Unavailable
        time.sleep(backoff(fruitless))
