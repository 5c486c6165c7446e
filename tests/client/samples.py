"""The OpenAPI document of the API, and sample values of its schemas."""

import json
import re
from dataclasses import dataclass
from typing import Any

from infra.local.layout import PROJECT

DOCUMENT: dict[str, Any] = json.loads((PROJECT / "docs/openapi.json").read_text())

SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]


@dataclass(frozen=True)
class Operation:
    """One operation of the document."""

    id: str
    method: str
    path: str
    responses: dict[str, Any]

    def matches(self, method: str, path: str) -> bool:
        """Whether a request is for this operation."""
        template = re.sub(r"\{\w+\}", "[^/?]+", self.path)
        return (
            method == self.method
            and re.fullmatch(f"/v1{template}", path.partition("?")[0]) is not None
        )

    def sample(self) -> tuple[int, Any]:
        """Return the status and a body of the operation's first successful response."""
        status = min(status for status in self.responses if status.startswith("2"))
        content = self.responses[status].get("content")
        return int(status), sample(content["application/json"]["schema"]) if content else None


OPERATIONS = {
    operation["operationId"]: Operation(
        operation["operationId"], method.upper(), path, operation["responses"]
    )
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}


def sample(schema: dict[str, Any]) -> Any:
    """Return a value with every property of a schema."""
    if "$ref" in schema:
        return sample(SCHEMAS[schema["$ref"].rpartition("/")[2]])
    if "enum" in schema:
        return schema["enum"][0]
    for keyword in ("anyOf", "oneOf", "allOf"):
        if keyword in schema and "properties" not in schema:
            return sample(schema[keyword][0])
    kind = schema.get("type", "object")
    if kind == "object":
        properties = schema.get("properties", {})
        return {
            name: None if name == "next" else sample(property_)
            for name, property_ in properties.items()
        }
    if kind == "array":
        return [sample(schema["items"])]
    if kind == "string":
        return "2027-01-31T08:00:00.000Z" if schema.get("format") == "date-time" else "text"
    return {"integer": 7, "number": 0.5, "boolean": True}[kind]
