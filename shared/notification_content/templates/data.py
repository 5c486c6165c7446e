"""Data against the schema of a template."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from notification_content.templates.formats import format_error
from notification_content.templates.patterns import LONGEST_TEXT, pattern_problem

#: The longest message, in characters. Those of jsonschema quote the value.
_LONGEST_MESSAGE = 200

_TYPES = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


@dataclass(frozen=True, slots=True)
class DataError:
    """A value that does not fit the schema.

    `path` is such as `order.items.0.name`; "" means the data as a whole.
    """

    path: str
    message: str


def data_errors(schema: Mapping[str, Any], data: Mapping[str, Any]) -> list[DataError]:
    """Return what is wrong with data, in the order of the paths; empty if they fit.

    An object whose schema has `properties` rejects other keys, unless the schema says something
    about them.
    """
    validator = _validator(json.dumps(schema, sort_keys=True))
    errors = [data_error for error in validator.iter_errors(data) for data_error in _errors(error)]
    return sorted(errors, key=lambda error: (error.path, error.message))


@lru_cache(maxsize=64)
def _validator(schema: str) -> Any:
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - sending does not need it
    from jsonschema.validators import extend  # noqa: PLC0415

    keywords = {"pattern": _pattern, "format": _format}
    validator: Any = extend(Draft202012Validator, keywords)  # type: ignore[no-untyped-call]
    return validator(closed(json.loads(schema)))


def _pattern(_: Any, pattern: str, value: Any, __: Any) -> Iterator[Exception]:
    """Return the error of a text that does not match a pattern, or is too long to be compared."""
    from jsonschema import ValidationError  # noqa: PLC0415

    if not isinstance(value, str):
        return
    if len(value) > LONGEST_TEXT:
        message = f"must have at most {LONGEST_TEXT} characters, because the schema has a pattern"
        yield ValidationError(message)
    elif pattern_problem(pattern) is None and re.search(pattern, value) is None:
        yield ValidationError(f"must match the pattern {pattern}")


def _format(_: Any, name: str, value: Any, __: Any) -> Iterator[Exception]:
    """Return the error of a text that does not have a format."""
    from jsonschema import ValidationError  # noqa: PLC0415

    if isinstance(value, str) and (message := format_error(name, value)) is not None:
        yield ValidationError(message)


def closed(schema: Any) -> Any:
    """Return a schema whose objects with `properties` reject other keys."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    copy = {
        key: value if key in {"const", "enum", "default", "examples"} else closed(value)
        for key, value in schema.items()
    }
    says_more = {"additionalProperties", "patternProperties", "unevaluatedProperties"}
    if isinstance(schema.get("properties"), dict) and not says_more & schema.keys():
        copy["additionalProperties"] = False
    return copy


def _errors(error: Any) -> Iterable[DataError]:
    """Return an error of jsonschema in this system's words; keys have one each."""
    path = [str(part) for part in error.absolute_path]
    keyword, wanted, value = error.validator, error.validator_value, error.instance
    if keyword == "required":
        missing = [name for name in wanted if name not in value and repr(name) in error.message]
        return [DataError(".".join([*path, name]), "is missing") for name in missing]
    if keyword == "additionalProperties" and wanted is False:
        known = error.schema.get("properties", {})
        unknown = sorted(set(value) - set(known))
        return [DataError(".".join([*path, name]), _unknown(name, known)) for name in unknown]
    return [DataError(".".join(path), _message(error, keyword, wanted))]


def _unknown(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - most data have no such error

    closest = get_close_matches(name, list(known), n=1)
    hint = f"did you mean `{closest[0]}`?" if closest else "remove it"
    return f"is not in the template's schema; {hint}"


def _message(error: Any, keyword: str, wanted: Any) -> str:
    if keyword == "type":
        names = [wanted] if isinstance(wanted, str) else wanted
        return f"must be {' or '.join(_TYPES.get(name, name) for name in names)}"
    if keyword == "enum":
        return f"must be one of {', '.join(json.dumps(item) for item in wanted)}"[:_LONGEST_MESSAGE]
    if keyword in {"minLength", "minItems"}:
        return f"must have at least {wanted} {'characters' if keyword == 'minLength' else 'items'}"
    if keyword in {"maxLength", "maxItems"}:
        return f"must have at most {wanted} {'characters' if keyword == 'maxLength' else 'items'}"
    return str(error.message)[:_LONGEST_MESSAGE]
