"""Details of the JSON Schemas of requests that pydantic does not write."""

from typing import Any


def changes(schema: dict[str, Any], model: type[Any]) -> None:
    """Describe a body of changes: it contains at least one field.

    Only the fields in the model's `REMOVABLE` may be null.
    """
    schema["minProperties"] = 1
    for name, field in schema["properties"].items():
        del field["default"]
        if name not in model.REMOVABLE:
            field.update(field.pop("anyOf")[0])
