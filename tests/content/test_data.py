"""Data against a schema: each error names its field and the remedy, and takes no time."""

import time
from typing import Any

import pytest

from notification_content.templates.data import DataError, data_errors

ORDER: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 5},
        "order": {
            "type": "object",
            "properties": {
                "id": {"type": "integer"},
                "items": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/item"}},
            },
            "required": ["id"],
        },
        "size": {"enum": ["s", "m"]},
        "sku": {"type": "string", "pattern": "^[A-Z]{2}-[0-9]+$"},
        "due": {"type": "string", "format": "date"},
        "at": {"type": "string", "format": "date-time"},
        "any": {"type": "object", "additionalProperties": True},
    },
    "$defs": {"item": {"type": "object", "properties": {"name": {"type": ["string", "null"]}}}},
    "required": ["name"],
}


@pytest.mark.parametrize(
    ("data", "path", "message"),
    [
        ({}, "name", "is missing"),
        ({"name": 1}, "name", "must be a text"),
        ({"name": ""}, "name", "must have at least 1 characters"),
        ({"name": "abcdef"}, "name", "must have at most 5 characters"),
        ({"name": "a", "nam": 1}, "nam", "is not in the template's schema; did you mean `name`?"),
        ({"name": "a", "zzz": 1}, "zzz", "is not in the template's schema; remove it"),
        ({"name": "a", "order": {}}, "order.id", "is missing"),
        ({"name": "a", "order": {"id": "1"}}, "order.id", "must be a whole number"),
        ({"name": "a", "order": {"id": True}}, "order.id", "must be a whole number"),
        ({"name": "a", "order": {"id": 1, "items": []}}, "order.items", "at least 1 items"),
        (
            {"name": "a", "order": {"id": 1, "items": [{"name": 1}]}},
            "order.items.0.name",
            "must be a text or null",
        ),
        (
            {"name": "a", "order": {"id": 1, "items": [{"nme": "b"}]}},
            "order.items.0.nme",
            "did you mean `name`?",
        ),
        ({"name": "a", "size": "l"}, "size", 'must be one of "s", "m"'),
        ({"name": "a", "sku": "x"}, "sku", "must match the pattern"),
        ({"name": "a", "sku": "A" * 256}, "sku", "must have at most 255 characters"),
        ({"name": "a", "due": "29.11.2026"}, "due", "must be a date such as 2026-11-29"),
        ({"name": "a", "due": "2026-02-30"}, "due", "must be a date such as 2026-11-29"),
        ({"name": "a", "at": "2026-11-29T10:00:00"}, "at", "must be a time with its zone"),
    ],
)
def test_an_error_names_the_field(data: dict[str, Any], path: str, message: str) -> None:
    [error] = data_errors(ORDER, data)
    assert error.path == path
    assert message in error.message


def test_every_error_is_named() -> None:
    assert [error.path for error in data_errors(ORDER, {"x": 1, "order": {"y": 2}})] == [
        "name",
        "order.id",
        "order.y",
        "x",
    ]


def test_data_that_fit_have_no_errors() -> None:
    data = {
        "name": "a",
        "order": {"id": 1, "items": [{"name": None}, {}]},
        "size": "s",
        "sku": "AB-1",
        "due": "2026-11-29",
        "at": "2026-11-29T10:00:00+01:00",
        "any": {"x": {"y": 1}},
    }
    assert data_errors(ORDER, data) == []


def test_a_message_does_not_repeat_long_data() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "number", "multipleOf": 2}}}
    [error] = data_errors(schema, {"a": int("3" * 3_000)})
    assert len(error.message) <= 200


def test_a_pattern_ends_soon() -> None:
    schema = {"type": "object", "properties": {"a": {"pattern": "^a*a*a*$"}}}
    start = time.process_time()
    assert data_errors(schema, {"a": "a" * 254 + "b"}) == [
        DataError("a", "must match the pattern ^a*a*a*$")
    ]
    assert time.process_time() - start < 1
