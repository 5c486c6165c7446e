"""DynamoDB's JSON protocol: the operations that the benchmarked functions call.

Source: Amazon DynamoDB API Reference (API version 2012-08-10), limits included.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from typing import Any

from infra.bench.stub import partiql
from infra.bench.stub.errors import CONDITION_FAILED, RefusedError, expect
from infra.bench.stub.expressions import Expressions
from infra.bench.stub.sizes import Item, item_size
from infra.bench.stub.tables import Table

Request = Mapping[str, Any]
Answer = dict[str, Any]

MAX_STATEMENTS = 25
MAX_KEYS = 100
#: Bytes that one Query reads at most.
MAX_PAGE = 1024 * 1024

_BETWEEN = "due_shard = :shard AND due_at BETWEEN :after AND :until"
_LAST = "\U0010ffff"  # sorts behind every id


class DynamoDb:
    """The tables, by the operations' names."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self.tables = tables

    def batch_execute_statement(self, request: Request) -> Answer:
        """Carry out each statement on its own."""
        statements = request["Statements"]
        expect(0 < len(statements) <= MAX_STATEMENTS, "a batch has 1 to 25 statements")
        return {"Responses": [partiql.run(self.tables, each) for each in statements]}

    def batch_get_item(self, request: Request) -> Answer:
        """Read items by their keys."""
        responses: dict[str, list[Item]] = {}
        for name, wanted in request["RequestItems"].items():
            expect(set(wanted) <= {"Keys", "ConsistentRead"}, "no projection in the stub")
            table = self.tables[name]
            keys = [key[table.key]["S"] for key in wanted["Keys"]]
            expect(0 < len(keys) <= MAX_KEYS, "a request has 1 to 100 keys")
            expect(len(set(keys)) == len(keys), "keys must be distinct")
            responses[name] = [table.items[key] for key in keys if key in table.items]
        return {"Responses": responses, "UnprocessedKeys": {}}

    def scan(self, request: Request) -> Answer:
        """Read a whole table, which must be small."""
        expect(set(request) <= {"TableName", "ConsistentRead", "ReturnConsumedCapacity"}, "plain")
        items = list(self.tables[request["TableName"]].items.values())
        expect(sum(map(item_size, items)) <= MAX_PAGE, "the stub scans one page")
        return {"Items": items, "Count": len(items), "ScannedCount": len(items)}

    def update_item(self, request: Request) -> Answer:
        """Change one item on a condition, or make it."""
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

    def query(self, request: Request) -> Answer:
        """Read a page of the due index, in order; any query of an empty table finds nothing."""
        table = self.tables[request["TableName"]]
        if not table.items:
            return {"Items": [], "Count": 0, "ScannedCount": 0}
        expect(request["KeyConditionExpression"] == _BETWEEN, "not a query that the stub knows")
        index = table.indexes[request["IndexName"]]
        values = request["ExpressionAttributeValues"]
        shard = values[":shard"]["S"]
        first = (float(values[":after"]["N"]), "")
        last = (float(values[":until"]["N"]), _LAST)
        entries = index.entries.get(shard, [])
        place = bisect_left(entries, first)
        if start := request.get("ExclusiveStartKey"):
            place = bisect_right(entries, (float(start["due_at"]["N"]), start["id"]["S"]))
        entries = entries[place : bisect_right(entries, last)][: request["Limit"]]
        items = _page([index.seen(table.items[key]) for _, key in entries])
        answer: Answer = {"Items": items, "Count": len(items), "ScannedCount": len(items)}
        # A page that reached its limit names its last entry even when nothing follows it.
        if items and (len(items) == request["Limit"] or len(items) < len(entries)):
            keys = {index.partition, index.sort, table.key}
            answer["LastEvaluatedKey"] = {name: items[-1][name] for name in keys if name}
        return answer


def _page(items: list[Item]) -> list[Item]:
    """Cut what is more than a page may hold."""
    size = 0
    for place, item in enumerate(items):
        size += item_size(item)
        if size > MAX_PAGE:
            return items[:place]
    return items
