"""Turns JSON objects into result dataclasses, by the annotations of the fields."""

import types
from collections.abc import Callable, Hashable, Mapping
from dataclasses import MISSING, fields
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from notification_system.results import Notification, NotificationSummary

Result = TypeVar("Result")
Decoder = Callable[[Any], Any]


def decode(result_class: type[Result], payload: Mapping[str, Any]) -> Result:
    """Return the JSON object as a dataclass; unknown fields are ignored.

    Raises:
        ValueError: a required field is missing.
    """
    values = {}
    for name, json_name, default, decoder in _fields(cast("Hashable", result_class)):
        if json_name in payload:
            values[name] = decoder(payload[json_name])
        elif default is MISSING:
            raise ValueError(f"the response has no field {json_name!r}: {result_class.__name__}")
    return result_class(**values)


def decode_summary(payload: Mapping[str, Any]) -> NotificationSummary:
    """Return a notification of a response to a POST: complete, or in short form."""
    return decode(Notification if "timeline" in payload else NotificationSummary, payload)


@cache
def _fields(result_class: Any) -> list[tuple[str, str, Any, Decoder]]:
    hints = get_type_hints(result_class)
    return [
        (
            field.name,
            field.metadata.get("name", field.name),
            field.default,
            _decoder(hints[field.name]),
        )
        for field in fields(result_class)
    ]


def _decoder(hint: Any) -> Decoder:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in {Union, types.UnionType}:
        return _optional(_decoder(next(part for part in arguments if part is not type(None))))
    if origin is tuple:
        return _sequence(_decoder(arguments[0]))
    if hint is datetime:
        return datetime.fromisoformat
    if isinstance(hint, type) and issubclass(hint, Enum):
        return cast("Decoder", hint)
    if isinstance(hint, type) and hasattr(hint, "__dataclass_fields__"):
        return lambda payload: decode(hint, payload)
    return _unchanged


def _optional(decoder: Decoder) -> Decoder:
    return lambda value: None if value is None else decoder(value)


def _sequence(decoder: Decoder) -> Decoder:
    return lambda values: tuple(decoder(value) for value in values)


def _unchanged(value: Any) -> Any:
    return value
