"""Schemas of templates: which are allowed, and that checking them takes no time."""

import time
from typing import Any

import pytest

from notification_content.templates.schemas import schema_problems


def nested(depth: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(depth):
        schema = {"type": "object", "properties": {"a": schema}}
    return schema


def doubling(levels: int) -> dict[str, Any]:
    """A small schema that describes 2 ** levels schemas."""
    definitions = {
        f"d{level}": {"allOf": [{"$ref": f"#/$defs/d{level + 1}"}] * 2} for level in range(levels)
    }
    return {
        "type": "object",
        "allOf": [{"$ref": "#/$defs/d0"}],
        "$defs": definitions | {f"d{levels}": {}},
    }


def with_pattern(pattern: str) -> dict[str, Any]:
    return {"type": "object", "properties": {"a": {"type": "string", "pattern": pattern}}}


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"type": "objekt"}, "is not a JSON Schema at type"),
        ({"type": "object", "properties": 1}, "is not a JSON Schema at properties"),
        ({"type": "array"}, "must have the type object"),
        ({}, "must have the type object"),
        ({"type": "object", "properties": {"brand": {}}}, "has a property `brand`"),
        ({"type": "object", "properties": {"_x": {}}}, "has a property `_x`"),
        ({"type": "object", "properties": {"content": {}}}, "has a property `content`"),
        ({"type": "object", "$ref": "https://example.com/schema"}, "references must be to"),
        ({"type": "object", "$ref": "#/$defs/a"}, "references must be to"),
        ({"type": "object", "$ref": "#"}, "references must be to"),
        (
            {
                "type": "object",
                "$defs": {"a": {"items": {"$ref": "#/$defs/a"}}},
                "$ref": "#/$defs/a",
            },
            "refers to itself with #/$defs/a",
        ),
        ({"type": "object", "patternProperties": {"a": {}}}, "contains `patternProperties`"),
        ({"type": "object", "$id": "https://example.com"}, "contains `$id`"),
        (nested(40), "is too large, or nested too deep"),
        (nested(5_000), "is nested too deep"),
        (doubling(40), "is too large, or nested too deep"),
        (with_pattern("(a+)+$"), "a repetition in a repetition"),
        (with_pattern("(a|a?)*(b*)*"), "a repetition in a repetition"),
        (with_pattern("((ab)*c)+"), "a repetition in a repetition"),
        (with_pattern("(a{5,})*"), "a repetition in a repetition"),
        (with_pattern("(a{50})*"), "a repetition in a repetition"),
        (with_pattern("a*b*c*d*"), "more than 3 repetitions"),
        (with_pattern(r"(a)\1*"), "refers to a group"),
        (with_pattern("(?=a)b"), "only groups such as"),
        (with_pattern("a" * 300), "more than 200 characters"),
        (with_pattern("(a"), "is not a JSON Schema at properties.a.pattern"),
    ],
)
def test_a_schema_is_refused(schema: dict[str, Any], message: str) -> None:
    start = time.process_time()
    problems = list(schema_problems(schema))
    assert any(message in str(problem) for problem in problems)
    assert {problem.field for problem in problems} == {"schema"}
    assert time.process_time() - start < 0.5


@pytest.mark.parametrize(
    "pattern",
    [
        "^[A-Z]{2}-[0-9]+$",
        "^(?:red|green)$",
        r"^\d{3}(-\d{4})?$",
        r"^[^@]+@[^@]+\.[a-z]{2,5}$",
        "[)(*]+",
    ],
)
def test_usual_patterns_are_allowed(pattern: str) -> None:
    assert list(schema_problems(with_pattern(pattern))) == []


def test_a_schema_may_have_combinations_and_references() -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/b"}},
        "$defs": {"b": {"anyOf": [{"type": "string"}, {"type": "null"}]}},
        "if": {"required": ["a"]},
        "then": {"required": ["b"]},
    }
    assert list(schema_problems(schema)) == []
