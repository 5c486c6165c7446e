"""The read units of a request, computed from the request and its answer.

Source: Amazon DynamoDB Developer Guide, "DynamoDB read and write operations": a unit is a strongly
consistent read of up to 4 KB, or two eventually consistent ones. Items of BatchGetItem are rounded
up separately, and a page of Query or Scan as a whole. A missing item costs as much as the smallest
item.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from tests.benchmarks.stub.sizes import item_size

#: Bytes per read unit.
UNIT = 4096


def read_units(operation: str, request: Mapping[str, Any], answer: Mapping[str, Any]) -> float:
    """Return the units of one request; operations that do not read have none."""
    if operation == "BatchGetItem":
        wanted = request["RequestItems"]
        return sum(_of_keys(request, answer["Responses"][name]) for name, request in wanted.items())
    if operation in {"Query", "Scan"}:
        size = sum(map(item_size, answer["Items"]))
        return _charged(size) * _share(request)
    return 0


def _of_keys(wanted: Mapping[str, Any], items: Iterable[Any]) -> float:
    sizes = [item_size(item) for item in items]
    sizes += [0] * (len(wanted["Keys"]) - len(sizes))
    return sum(map(_charged, sizes)) * _share(wanted)


def _charged(size: int) -> int:
    return max(math.ceil(size / UNIT), 1)


def _share(request: Mapping[str, Any]) -> float:
    return 1 if request.get("ConsistentRead") else 0.5
