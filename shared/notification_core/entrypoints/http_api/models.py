"""Base classes of requests and responses."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Self

from pydantic import (
    ConfigDict,
    ModelWrapValidatorHandler,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails, InitErrorDetails

from notification_core.domain.errors import FieldError
from notification_core.entrypoints.http_api.fields import ApiModel
from notification_core.entrypoints.http_api.json_schema import changes


class Request(ApiModel):
    """A JSON body. All of its errors are reported at once."""

    model_config = ConfigDict(extra="forbid")

    @classmethod
    def combination_errors(cls, fields: Mapping[str, Any]) -> Iterable[FieldError]:
        """Return the errors in the combination of fields that are not null, valid or not."""
        del fields
        return ()

    @classmethod
    def time_errors(cls, fields: Mapping[str, Any]) -> Iterable[FieldError]:
        """Return the errors of valid times, for a request that has another error.

        Times are otherwise checked by the use case, because a repeated request may be late.
        """
        del fields
        return ()

    @model_validator(mode="wrap")
    @classmethod
    def _report_all_errors(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        # A validator after the fields would not run if one of them is invalid.
        if not isinstance(data, dict):
            return handler(data)
        combined = list(cls.combination_errors(_not_null(data)))
        try:
            request = handler(data)
        except ValidationError as error:
            combined += cls.time_errors(data)
            raise _joined(cls.__name__, error.errors(include_url=False), combined) from error
        if combined:
            raise _joined(cls.__name__, [], [*combined, *cls.time_errors(data)])
        return request


class Patch(Request):
    """A JSON body of changes; it contains at least one field.

    Null removes the value of the fields in `REMOVABLE`, and no other field may be null.
    """

    model_config = ConfigDict(json_schema_extra=changes)

    REMOVABLE: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="before")
    @classmethod
    def _changes_something(cls, data: Any) -> Any:
        if data == {}:
            raise ValueError(f"name at least one of {', '.join(cls.model_fields)}")
        return data

    @field_validator("*", mode="before")
    @classmethod
    def _is_not_null(cls, value: Any, info: ValidationInfo) -> Any:
        if value is None and info.field_name not in cls.REMOVABLE:
            raise ValueError("must not be null")
        return value

    def changes(self) -> dict[str, Any]:
        """Return the fields in the request."""
        return self.model_dump(exclude_unset=True)


def _not_null(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _joined(
    title: str, details: Iterable[ErrorDetails], combined: Iterable[FieldError]
) -> ValidationError:
    """Return one error with pydantic's errors and those of combinations."""
    lines = [
        InitErrorDetails(
            type=detail["type"],
            loc=detail["loc"],
            input=detail["input"],
            ctx=detail.get("ctx", {}),
        )
        for detail in details
    ]
    lines += [
        InitErrorDetails(
            type="value_error",
            loc=() if error.field == "request" else (error.field,),
            input=None,
            ctx={"error": ValueError(error.message)},
        )
        for error in combined
    ]
    return ValidationError.from_exception_data(title, lines)


class Response(ApiModel):
    """A response that is built from the attributes of an entity."""

    model_config = ConfigDict(from_attributes=True)

    @classmethod
    def of(cls, entity: object, **more: Any) -> Self:
        """Return the response for an entity; `more` replaces attributes."""
        names = cls.model_fields.keys() - more.keys()
        return cls(**{name: getattr(entity, name) for name in names}, **more)
