"""The messages of invalid fields. Each says what the field must be, instead of pydantic's words."""

from collections.abc import Callable, Mapping
from typing import Any

#: The place of a body as a whole, in the names of pydantic and of the resolver.
PARTS = frozenset({"body", "query", "path", "header"})

#: Messages of pydantic's error types that need no details.
SIMPLE: Mapping[str, str] = {
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "dict_type": "must be a JSON object",
    "extra_forbidden": "is not a field of this request; remove it",
    "finite_number": "must be a finite number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a smaller number",
    "int_type": "must be a whole number",
    "list_type": "must be a list",
    "missing": "is required",
    "model_attributes_type": "must be a JSON object",
    "model_type": "must be a JSON object",
    "string_type": "must be text in quotes",
    "string_unicode": "must be valid Unicode text",
}


def field_of(error: Mapping[str, Any]) -> str:
    """Return the field's name as the caller wrote it, without its part of the request."""
    place = [str(part) for part in error["loc"]]
    return ".".join(place[1:] if place[:1] and place[0] in PARTS else place) or "request"


def message_of(error: Mapping[str, Any]) -> str:
    """Return the message about one of pydantic's errors."""
    kind = str(error["type"])
    if kind == "missing" and field_of(error) == "request":
        return "the request has no body; send a JSON object"
    if kind in SIMPLE:
        return SIMPLE[kind]
    if kind in _WITH_DETAILS:
        return _WITH_DETAILS[kind](error.get("ctx", {}), error.get("input"))
    return str(error["msg"]).removeprefix("Value error, ").replace("Input should", "must")


def _too_long(details: Mapping[str, Any], value: Any) -> str:
    unit = _unit(value, details["max_length"])
    return f"must have at most {details['max_length']} {unit}, not {_size(details, value)}"


def _too_short(details: Mapping[str, Any], value: Any) -> str:
    least, size = details["min_length"], _size(details, value)
    if least == 1 and size == 0:
        return "must not be empty"
    return f"must have at least {least} {_unit(value, least)}, not {size}"


def _size(details: Mapping[str, Any], value: Any) -> int:
    """Return the length of a text or a list; the validator stops counting where it is too long."""
    size: int = len(value) if isinstance(value, str | list) else details["actual_length"]
    return size


def _unit(value: Any, count: int) -> str:
    unit = "character" if isinstance(value, str) else "item"
    return unit if count == 1 else f"{unit}s"


def _limit(words: str, limit: str) -> Callable[[Mapping[str, Any], Any], str]:
    return lambda details, value: f"must be {words} {details[limit]:g}, not {value}"


def _one_of(details: Mapping[str, Any], _value: Any) -> str:
    values = str(details["expected"]).replace("'", "").replace(" or ", ", ")
    return f"must be one of {values}"


_WITH_DETAILS: Mapping[str, Callable[[Mapping[str, Any], Any], str]] = {
    "enum": _one_of,
    "literal_error": _one_of,
    "greater_than": _limit("more than", "gt"),
    "greater_than_equal": _limit("at least", "ge"),
    "less_than": _limit("less than", "lt"),
    "less_than_equal": _limit("at most", "le"),
    "string_too_long": _too_long,
    "string_too_short": _too_short,
    "too_long": _too_long,
    "too_short": _too_short,
}
