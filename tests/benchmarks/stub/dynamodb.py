"""DynamoDB's JSON protocol: the operations that the benchmarked functions call.

Source: Amazon DynamoDB API Reference (API version 2012-08-10), limits included.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from typing import Any

from tests.benchmarks.stub import partiql
from tests.benchmarks.stub.errors import CONDITION_FAILED, RefusedError, expect
from tests.benchmarks.stub.expressions import Expressions
from tests.benchmarks.stub.sizes import Item, item_size
from tests.benchmarks.stub.tables import Entry, Index, Table

Request = Mapping[str, Any]
Answer = dict[str, Any]

MAX_STATEMENTS = 25
MAX_KEYS = 100
#: Maximum number of bytes that one Query reads.
MAX_PAGE = 1024 * 1024

READ_OPTIONS = {"Keys", "ConsistentRead", "ProjectionExpression", "ExpressionAttributeNames"}

#: A partition, and optionally the bounds of its sort key.
_CONDITION = re.compile(
    r"(?P<partition>#?\w+) = (?P<value>:\w+)(?: AND (?P<sort>\w+) BETWEEN :after AND :until)?"
)
_LAST = "\U0010ffff"  # sorts after every id


class DynamoDb:
    """DynamoDB's operations on the tables."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self.tables = tables

    def batch_execute_statement(self, request: Request) -> Answer:
        """Execute each statement separately."""
        statements = request["Statements"]
        expect(0 < len(statements) <= MAX_STATEMENTS, "a batch has 1 to 25 statements")
        return {"Responses": [partiql.run(self.tables, statement) for statement in statements]}

    def batch_get_item(self, request: Request) -> Answer:
        """Read items by their keys."""
        responses: dict[str, list[Item]] = {}
        for name, wanted in request["RequestItems"].items():
            expect(set(wanted) <= READ_OPTIONS, "a read that the stub knows")
            table = self.tables[name]
            keys = [table.key_of(key) for key in wanted["Keys"]]
            expect(0 < len(keys) <= MAX_KEYS, "a request has 1 to 100 keys")
            expect(len(set(keys)) == len(keys), "keys must be distinct")
            stored = (table.items[key] for key in keys if key in table.items)
            responses[name] = [_projected(item, wanted) for item in stored]
        return {"Responses": responses, "UnprocessedKeys": {}}

    def scan(self, request: Request) -> Answer:
        """Read a whole table, which must be small."""
        expect(set(request) <= {"TableName", "ConsistentRead", "ReturnConsumedCapacity"}, "plain")
        items = list(self.tables[request["TableName"]].items.values())
        expect(sum(map(item_size, items)) <= MAX_PAGE, "the stub scans one page")
        return {"Items": items, "Count": len(items), "ScannedCount": len(items)}

    def update_item(self, request: Request) -> Answer:
        """Update or create one item, on a condition."""
        table = self.tables[request["TableName"]]
        expressions = Expressions(
            request.get("ExpressionAttributeNames", {}),
            request.get("ExpressionAttributeValues", {}),
        )
        standing = table.items.get(request["Key"][table.key]["S"])
        condition = request.get("ConditionExpression")
        if condition and not expressions.holds(standing or {}, condition):
            table.charge(standing)
            raise RefusedError(CONDITION_FAILED, "The conditional request failed")
        item = expressions.update(standing or request["Key"], request["UpdateExpression"])
        table.write(item)
        return {"Attributes": item} if request.get("ReturnValues") == "ALL_NEW" else {}

    def put_item(self, request: Request) -> Answer:
        """Store an item, in place of the item with its key."""
        expect(set(request) == {"TableName", "Item"}, "plain")
        self.tables[request["TableName"]].write(request["Item"])
        return {}

    def query(self, request: Request) -> Answer:
        """Read a page of an index in either order; a query of an empty table returns nothing."""
        table = self.tables[request["TableName"]]
        if not table.items:
            return {"Items": [], "Count": 0, "ScannedCount": 0}
        index = table.indexes[request["IndexName"]]
        entries = _entries(index, request)
        limit = request["Limit"]
        items = _page([index.seen(table.items[key]) for _, key in entries[:limit]])
        answer: Answer = {"Items": items, "Count": len(items), "ScannedCount": len(items)}
        # A page that reached its limit returns its last key even if no entry follows.
        if items and (len(items) == limit or len(items) < len(entries)):
            keys = {index.partition, index.sort, table.key}
            answer["LastEvaluatedKey"] = {name: items[-1][name] for name in keys if name}
        return answer


def _projected(item: Item, wanted: Request) -> Item:
    """Return the attributes that a read asks for, which a projection names by placeholders."""
    if "ProjectionExpression" not in wanted:
        return item
    names = wanted["ExpressionAttributeNames"]
    only = {names[part.strip()] for part in wanted["ProjectionExpression"].split(",")}
    return {name: value for name, value in item.items() if name in only}


def _entries(index: Index, request: Request) -> list[Entry]:
    """Return the entries of an index that a query selects, from its start key, in its order."""
    asked = _CONDITION.fullmatch(request["KeyConditionExpression"])
    expect(asked, "not a query that the stub knows")
    assert asked is not None
    names, values = (
        request.get("ExpressionAttributeNames", {}),
        request["ExpressionAttributeValues"],
    )
    expect(names.get(asked["partition"], asked["partition"]) == index.partition, "its partition")
    expect(asked["sort"] in {None, index.sort}, "its sort key")
    entries = index.entries.get(values[asked["value"]]["S"], [])
    first, last = 0, len(entries)
    if asked["sort"]:
        first = bisect_left(entries, (float(values[":after"]["N"]), ""))
        last = bisect_right(entries, (float(values[":until"]["N"]), _LAST))
    is_forward = request.get("ScanIndexForward", True)
    if start := request.get("ExclusiveStartKey"):
        at = (float(start[index.sort or ""]["N"]), start["id"]["S"])
        if is_forward:
            first = max(first, bisect_right(entries, at))
        else:
            last = min(last, bisect_left(entries, at))
    page = entries[first:last]
    return page if is_forward else page[::-1]


def _page(items: list[Item]) -> list[Item]:
    """Truncate the items to the maximum size of a page."""
    size = 0
    for place, item in enumerate(items):
        size += item_size(item)
        if size > MAX_PAGE:
            return items[:place]
    return items
