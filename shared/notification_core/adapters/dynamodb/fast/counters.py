"""The counters in DynamoDB.

Each process has an item of its own for each hour, and replaces it with the new sums. So a repeated
request counts nothing twice, processes do not write to the same item, and the size of the item is
known: an item that has grown to one write unit is followed by another one.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import product
from random import randrange
from threading import Lock
from typing import Any
from uuid import uuid4

from notification_core.adapters.dynamodb.fast.attributes import RawItem, number, string
from notification_core.adapters.dynamodb.fast.client import LowLevelClient
from notification_core.adapters.parallel import in_parallel
from notification_core.domain.counters import CountKey, Counts, hour_of, without_codes

#: Partitions of a day. Each takes 1,000 write units a second (Amazon DynamoDB Developer Guide,
#: "Best practices for designing and using partition keys effectively").
SHARDS = 4
#: Characters of the counts in an item. Its other attributes take about 90 bytes of 1,024.
ROOM = 900
#: How long an item is kept.
KEPT = timedelta(days=35)
#: Queries that run at the same time.
PARALLEL = 16


@dataclass(frozen=True, slots=True)
class _Item:
    """An item of this process, and the counts that it is known to contain."""

    hour: datetime
    name: str
    counts: Counts = field(default_factory=Counts)


class DynamoCounters:
    """A CounterStore.

    Args:
        client: the DynamoDB client.
        table: the name of the table; None to count nothing.
    """

    def __init__(self, client: LowLevelClient, table: str | None) -> None:
        self._client, self._table = client, table
        self._lock = Lock()
        self._added = Counts()
        self._shard = randrange(SHARDS)  # noqa: S311 - spreads the load
        self._item: _Item | None = None

    def add(self, counts: Counts) -> None:
        if self._table is not None:
            with self._lock:
                self._added += counts

    def flush(self, now: datetime) -> None:
        with self._lock:
            if self._table is None or not self._added:
                return
            self._item, counts, rest = _placed(self._item, self._added, hour_of(now))
            item = _stored(replace(self._item, counts=counts), self._shard)
            self._client.put_item(TableName=self._table, Item=item)
            self._item, self._added = replace(self._item, counts=counts), rest

    def read(self, since: datetime, until: datetime) -> Mapping[datetime, Counts]:
        if self._table is None:
            return {}
        first, last = hour_of(since), hour_of(until)
        by_hour: dict[datetime, Counts] = {}
        queries = list(product(_days(first, last), range(SHARDS)))
        for items in in_parallel(lambda query: self._query(*query, first, last), queries, PARALLEL):
            for item in items:
                hour = _hour(item["position"]["S"])
                by_hour.setdefault(hour, Counts()).update(_unpacked(item["counts"]["S"]))
        return by_hour

    def _query(self, day: str, shard: int, first: datetime, last: datetime) -> list[RawItem]:
        """Read the items of a shard of a day, in these hours."""
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "#day = :day AND #position BETWEEN :first AND :last",
            "ExpressionAttributeNames": {"#day": "day", "#position": "position"},
            "ExpressionAttributeValues": {
                ":day": string(f"{day}#{shard}"),
                ":first": string(_text(first)),
                ":last": string(f"{_text(last)}$"),  # after each writer of the hour
            },
        }
        items: list[RawItem] = []
        while True:
            page = self._client.query(**request)
            items += page["Items"]
            if "LastEvaluatedKey" not in page:
                return items
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _placed(current: _Item | None, added: Counts, hour: datetime) -> tuple[_Item, Counts, Counts]:
    """Return the item to write, its new counts, and the counts for which it has no room."""
    if current is not None and current.hour == hour and _fits(current.counts + added):
        return current, current.counts + added, Counts()
    item = _Item(hour, uuid4().hex[:12])
    if _fits(added):
        return item, added, Counts()
    part, folded = Counts(), without_codes(added)
    for key in sorted(folded):
        part[key] = folded[key]
        if not _fits(part):
            del part[key]
            break
    return item, part, folded - part


def _fits(counts: Counts) -> bool:
    return len(_packed(counts)) <= ROOM


def _stored(item: _Item, shard: int) -> RawItem:
    expires_at = item.hour + KEPT
    return {
        "day": string(f"{item.hour.date().isoformat()}#{shard}"),
        "position": string(f"{_text(item.hour)}#{item.name}"),
        "counts": string(_packed(item.counts)),
        "expires_at": number(int(expires_at.timestamp())),
    }


def _packed(counts: Counts) -> str:
    """Return counts as JSON: {target: {status: {code: number}}}, in ASCII."""
    nested: dict[str, dict[str, dict[str, int]]] = {}
    for (target, what, detail), count in counts.items():
        nested.setdefault(target, {}).setdefault(what, {})[detail] = count
    return json.dumps(nested, separators=(",", ":"))


def _unpacked(text: str) -> dict[CountKey, int]:
    return {
        (target, what, detail): count
        for target, of_target in json.loads(text).items()
        for what, details in of_target.items()
        for detail, count in details.items()
    }


def _text(hour: datetime) -> str:
    return f"{hour:%Y-%m-%dT%H}"


def _hour(position: str) -> datetime:
    return datetime.strptime(position.partition("#")[0], "%Y-%m-%dT%H").replace(tzinfo=UTC)


def _days(first: datetime, last: datetime) -> Iterator[str]:
    number_of_days = (last.date() - first.date()).days + 1
    return ((first + timedelta(days=day)).date().isoformat() for day in range(number_of_days))
