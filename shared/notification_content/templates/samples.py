"""The data with which a template is tried: its examples, and what may be absent from them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from notification_content.templates.data import data_errors
from notification_content.templates.document import TemplateDocument
from notification_content.templates.schemas import (
    Node,
    alternatives,
    fields_of,
    items_of,
    types_of,
)


@dataclass(frozen=True, slots=True)
class Sample:
    """Data, and what they are: `with example 1`."""

    data: Mapping[str, Any]
    name: str


def samples_of(document: TemplateDocument) -> list[Sample]:
    """Return the examples of a template, then each with the required fields only.

    Values that may be null are null in the latter, and lists that may be empty are empty in a third
    version. Data that the schema rejects are left out, and no data are returned twice.
    """
    samples: dict[str, Sample] = {}
    for sample in _all(document):
        if not data_errors(document.schema, sample.data):
            samples.setdefault(json.dumps(sample.data, sort_keys=True), sample)
    return list(samples.values())


def _all(document: TemplateDocument) -> Iterator[Sample]:
    schema = document.schema
    examples = document.examples or ({},)
    for number, example in enumerate(examples, 1):
        yield Sample(example, f"with example {number}" if document.examples else "without data")
    for number, example in enumerate(examples, 1):
        least = _least(schema, [schema], example, empty=False)
        yield Sample(least, f"with only the required fields of example {number}")
        least = _least(schema, [schema], example, empty=True)
        yield Sample(least, f"with the required fields of example {number} and empty lists")


def _least(root: Node, nodes: list[Node], value: Any, *, empty: bool) -> Any:
    if not nodes:
        return value
    if isinstance(value, Mapping):
        required = {
            name
            for node in nodes
            for variant in alternatives(root, node)
            for name in variant.get("required", ())
        }
        fields = fields_of(root, nodes)
        return {
            name: _field(root, fields.get(name, []), item, empty=empty)
            for name, item in value.items()
            if name in required
        }
    if isinstance(value, list):
        if empty and not any(node.get("minItems") for node in nodes):
            return []
        items = items_of(root, nodes)
        return [_least(root, items, item, empty=empty) for item in value]
    return value


def _field(root: Node, nodes: list[Node], value: Any, *, empty: bool) -> Any:
    return None if "null" in types_of(root, nodes) else _least(root, nodes, value, empty=empty)
