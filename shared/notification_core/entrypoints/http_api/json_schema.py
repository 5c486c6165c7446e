"""What a request may name together, in JSON Schema: it says to readers what a validator holds."""

from collections.abc import Iterable
from typing import Any

from pydantic import ConfigDict

NULL = {"type": "null"}


def form(named: Iterable[str], left_out: Iterable[str]) -> dict[str, Any]:
    """Return the schema of a request that names these fields and not those; null is not named."""
    listed = list(named)
    return {
        "required": listed,
        "properties": {name: {"not": NULL} for name in listed} | dict.fromkeys(left_out, NULL),
    }


def some(named: Iterable[str], left_out: Iterable[str]) -> dict[str, Any]:
    """Return the schema of a request that names at least one of these fields and none of those."""
    nothing = {"properties": dict.fromkeys(named, NULL)}
    return {"properties": dict.fromkeys(left_out, NULL), "not": nothing}


def example(*forms: dict[str, Any], **fields: Any) -> ConfigDict:
    """Return the configuration of a model that has an example, and one of these forms."""
    extra: dict[str, Any] = {"examples": [fields]}
    return ConfigDict(json_schema_extra=extra | ({"anyOf": list(forms)} if forms else {}))


def changes(schema: dict[str, Any]) -> None:
    """Describe a body of changes: it names at least one, and a field is never null."""
    schema["minProperties"] = 1
    for field in schema["properties"].values():
        del field["default"]
        field.update(field.pop("anyOf")[0])
