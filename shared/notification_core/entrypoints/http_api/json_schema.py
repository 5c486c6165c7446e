"""Field combinations of requests as JSON Schema, which documents what the validators enforce."""

from collections.abc import Iterable
from typing import Any

from pydantic import ConfigDict

NULL = {"type": "null"}


def form(named: Iterable[str], left_out: Iterable[str]) -> dict[str, Any]:
    """Return the schema of a request with all fields of `named` and none of `left_out`.

    A field that is null counts as absent.
    """
    listed = list(named)
    return {
        "required": listed,
        "properties": {name: {"not": NULL} for name in listed} | dict.fromkeys(left_out, NULL),
    }


def some(named: Iterable[str], left_out: Iterable[str]) -> dict[str, Any]:
    """Return the schema of a request with at least one field of `named`, none of `left_out`."""
    nothing = {"properties": dict.fromkeys(named, NULL)}
    return {"properties": dict.fromkeys(left_out, NULL), "not": nothing}


def example(*forms: dict[str, Any], **fields: Any) -> ConfigDict:
    """Return the configuration of a model with an example and alternative forms."""
    extra: dict[str, Any] = {"examples": [fields]}
    return ConfigDict(json_schema_extra=extra | ({"anyOf": list(forms)} if forms else {}))


def changes(schema: dict[str, Any]) -> None:
    """Describe a body of changes: it contains at least one field, and no field is null."""
    schema["minProperties"] = 1
    for field in schema["properties"].values():
        del field["default"]
        field.update(field.pop("anyOf")[0])
