"""Errors as RFC 9457 problem details, and the only place that maps errors to statuses."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, ClassVar

from pydantic import ConfigDict, Field

from notification_core.domain import errors
from notification_core.domain.errors import ErrorKind
from notification_core.entrypoints.http_api.fields import ApiModel
from notification_core.entrypoints.http_api.validation_messages import field_of, message_of

#: The media type of a problem (RFC 9457, section 3).
MEDIA_TYPE = "application/problem+json"

#: The prefix of `type`, which ends in the code.
TYPE = "urn:notifications:problem:"

#: Fields that the detail of a problem names; `errors` has all of them.
MAX_IN_DETAIL = 10

#: The status of each kind of error.
STATUS = {
    ErrorKind.INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorKind.MISSING: HTTPStatus.NOT_FOUND,
    ErrorKind.CONFLICT: HTTPStatus.CONFLICT,
    ErrorKind.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
}


def _is_none(value: object) -> bool:
    """Whether a field has no value and is omitted."""
    return value is None


class HttpError(errors.NotificationError):
    """An error of the HTTP API itself, with its own status."""

    status: ClassVar[HTTPStatus] = HTTPStatus.INTERNAL_SERVER_ERROR


class MalformedJson(HttpError):
    """The request's body is not valid JSON."""

    code, status = "malformed-json", HTTPStatus.BAD_REQUEST


class MethodNotAllowed(HttpError):
    """The path does not have this method."""

    code, status = "method-not-allowed", HTTPStatus.METHOD_NOT_ALLOWED


class InternalError(HttpError):
    """Something failed on our side; try again."""

    code, status = "internal-error", HTTPStatus.INTERNAL_SERVER_ERROR


class FieldProblem(ApiModel):
    """One field, and the change that it needs."""

    field: str
    message: str


class Problem(ApiModel):
    """A problem document; `type` ends in the code."""

    model_config = ConfigDict(json_schema_extra={"description": "RFC 9457 problem details"})

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] | None = Field(default=None, exclude_if=_is_none)

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "type": "urn:notifications:problem:invalid-input",
        "title": "Invalid input",
        "status": 422,
        "detail": "title: must not be empty",
        "errors": [{"field": "title", "message": "must not be empty"}],
    }


def status_of(error: type[errors.NotificationError]) -> HTTPStatus:
    """Return the status of an error's response."""
    return error.status if issubclass(error, HttpError) else STATUS[error.kind]


def problem_of(error: errors.NotificationError) -> Problem:
    """Return the problem document of an error."""
    listed = [FieldProblem(field=field.field, message=field.message) for field in error.fields]
    return Problem(
        type=TYPE + error.code,
        title=error.code.replace("-", " ").capitalize(),
        status=status_of(type(error)),
        detail=error.detail,
        errors=listed or None,
    )


def problem_of_input(input_errors: Iterable[dict[str, Any]]) -> Problem:
    """Return the problem document of pydantic's errors.

    Each `loc` begins with the part of the request, such as `body`.
    """
    listed = list(input_errors)
    if any(error["type"] == "json_invalid" for error in listed):
        return problem_of(MalformedJson())
    fields = [errors.FieldError(field_of(error), message_of(error)) for error in listed]
    lines = [f"{field.field}: {field.message}" for field in fields[:MAX_IN_DETAIL]]
    if len(fields) > MAX_IN_DETAIL:
        lines.append(f"and {len(fields) - MAX_IN_DETAIL} more, in errors")
    detail = "; ".join(lines)
    return problem_of(errors.InvalidInput(detail, tuple(fields)))
