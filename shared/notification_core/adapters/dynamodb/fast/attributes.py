"""Attribute values in the form of DynamoDB's API."""

from typing import Any

#: One value with its type: {"S": "..."}.
Attribute = dict[str, Any]
#: One item: {"id": {"S": "..."}, ...}.
RawItem = dict[str, Attribute]


def string(value: str) -> Attribute:
    """Return a string as an attribute value."""
    return {"S": value}


def number(value: int) -> Attribute:
    """Return a number as an attribute value."""
    return {"N": str(value)}


def plain(item: RawItem) -> dict[str, Any]:
    """Return an item's values without their types; numbers remain strings."""
    return {name: next(iter(value.values())) for name, value in item.items()}
