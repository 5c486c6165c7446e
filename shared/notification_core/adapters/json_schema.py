"""Checks a notification's `extra` against its module's JSON Schema."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from notification_core.domain.errors import FieldError, InvalidInput
from notification_core.domain.modules import Module


@cache
def load_library() -> Any:
    """Return the validator class; the first call imports the library, which takes 35 ms."""
    # Only the API function validates, and only its package includes the library.
    from jsonschema import Draft202012Validator  # noqa: PLC0415

    return Draft202012Validator


def check_extra(module: Module, extra: Mapping[str, Any]) -> None:
    """Reject keys that the module's handler does not accept.

    Raises:
        InvalidInput: a field error for each key that is unknown or invalid.
    """
    errors = sorted(
        load_library()(dict(module.extra_schema)).iter_errors(dict(extra)),
        key=lambda error: error.json_path,
    )
    if errors:
        fields = tuple(field for error in errors for field in _fields(error))
        detail = "; ".join(f"{field.field} {field.message}" for field in fields[:5])
        raise InvalidInput(f"the {module.name} handler does not take this: {detail}", fields)


def _fields(error: Any) -> list[FieldError]:
    place = "extra" + error.json_path.removeprefix("$")
    if error.validator == "pattern" and "description" in error.schema:
        return [FieldError(place, f"must be {error.schema['description']}")]
    if error.validator != "additionalProperties":
        return [FieldError(place, error.message)]
    properties = error.schema.get("properties", {})
    allowed = f"allowed are: {', '.join(sorted(properties)) or 'none'}"
    unknown = sorted(error.instance.keys() - properties.keys())
    return [FieldError(f"{place}.{key}", f"is not known; {allowed}") for key in unknown]
