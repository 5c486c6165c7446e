"""Details of the JSON Schemas of requests that pydantic does not write."""

from typing import Any


def changes(schema: dict[str, Any]) -> None:
    """Describe a body of changes: it contains at least one field, and no field is null."""
    schema["minProperties"] = 1
    for field in schema["properties"].values():
        del field["default"]
        field.update(field.pop("anyOf")[0])
