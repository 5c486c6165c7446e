"""Checks a notification's `extra` against its module's JSON Schema."""

from collections.abc import Mapping
from typing import Any

from notifications.domain.errors import FieldError, InvalidInput
from notifications.domain.recipients import Module


def check_extra(module: Module, extra: Mapping[str, Any]) -> None:
    """Refuse what the module's handler does not know.

    Raises:
        InvalidInput: a field error for each key that is unknown or wrong.

    """
    # Only the API function checks, and only it ships the library.
    from jsonschema import Draft202012Validator  # noqa: PLC0415

    errors = sorted(
        Draft202012Validator(dict(module.extra_schema)).iter_errors(dict(extra)),
        key=lambda error: error.json_path,
    )
    if errors:
        fields = tuple(
            FieldError("extra" + error.json_path.removeprefix("$"), error.message)
            for error in errors
        )
        raise InvalidInput(f"extra is not what the {module.name} handler takes", fields)
