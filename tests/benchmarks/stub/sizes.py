"""Sizes of items and the write units they cost.

Source: Amazon DynamoDB Developer Guide, "DynamoDB item sizes and formats" and "DynamoDB read and
write operations".
"""

import math
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

#: `{"S": "..."}`, in the format of DynamoDB's API.
Value = Mapping[str, Any]
#: `{"id": {"S": "..."}, ...}`.
Item = dict[str, Value]

#: Bytes per write unit.
UNIT = 1024

_COLLECTION = 3  # bytes of a list or a map
_ELEMENT = 1  # additional bytes of each element


def item_size(item: Item) -> int:
    """Return an item's size in bytes: the names and values of its attributes."""
    return sum(len(name.encode()) + value_size(value) for name, value in item.items())


def value_size(value: Value) -> int:
    """Return a value's size in bytes."""
    kind, content = next(iter(value.items()))
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return number_size(content)
        case "B":
            return len(b64decode(content))
        case "BOOL" | "NULL":
            return 1
        case "SS":
            return sum(len(element.encode()) for element in content)
        case "L":
            return _COLLECTION + sum(_ELEMENT + value_size(element) for element in content)
        case "M":
            return _COLLECTION + _ELEMENT * len(content) + item_size(content)
        case _:
            raise NotImplementedError(f"the size of a value of type {kind}")


def number_size(text: str) -> int:
    """Return a number's size: a byte per two significant digits, one more, one for a minus."""
    digits = text.lstrip("-").replace(".", "").strip("0")
    return math.ceil(len(digits) / 2) + 1 + text.startswith("-")


def write_units(size: int) -> int:
    """Return the write units of this number of bytes."""
    return max(math.ceil(size / UNIT), 1)
