"""Field types of the API: strict, with their limits, so that invalid values are never coerced."""

import re
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    Strict,
    StringConstraints,
    WithJsonSchema,
)

from notification_core.domain.addresses import MAX_ADDRESS, MAX_DESCRIPTION, MAX_NAME, MAX_USER
from notification_core.domain.clock import to_millisecond
from notification_core.domain.consent_scopes import CATEGORY, check_category
from notification_core.domain.content import (
    MAX_BODY,
    MAX_EXTRA,
    MAX_TITLE,
    check_body,
    check_extra_size,
    check_title,
)
from notification_core.domain.errors import InvalidInput
from notification_core.domain.failures import MAX_MESSAGE_ID
from notification_core.domain.notification_attributes import MAX_REFERENCE
from notification_core.domain.status import Status
from notification_core.domain.template_use import MAX_DATA, check_data_size
from notification_core.domain.templates import parse_reference
from notification_core.domain.user_settings import (
    MAX_LOCALE,
    MAX_ZONE,
    check_time_zone,
    checked_locale,
)

Checked = TypeVar("Checked")


class ApiModel(BaseModel):
    """Base class of requests and responses. The validator is built when it is first used.

    This makes a container start faster, because most requests need few of the models.
    """

    model_config = ConfigDict(defer_build=True)

    #: The body that the OpenAPI document shows for operations with this request or response.
    EXAMPLE: ClassVar[Mapping[str, Any]]


_ISO_8601 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d([.,]\d+)?)?([Zz]|[+-]\d\d:?\d\d)")


def _moment(value: Any) -> datetime:
    if not isinstance(value, str) or not _ISO_8601.fullmatch(value):
        raise ValueError("must be an ISO 8601 time with an offset, such as 2026-01-31T08:00:00Z")
    try:
        return to_millisecond(datetime.fromisoformat(value.upper()))
    except (ValueError, OverflowError) as error:
        raise ValueError(f"is not a time: {error}") from error


def moment_or_none(value: Any) -> datetime | None:
    """Return the time that a field states, or None if it states none."""
    try:
        return _moment(value)
    except ValueError:
        return None


def iso(moment: datetime) -> str:
    """Write a time as the API does: UTC, milliseconds, `Z`."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _status(value: Any) -> Any:
    """Read a status as the specification spells it, or in snake_case in any case."""
    return value.upper().replace("_", " ") if isinstance(value, str) else value


def status_schema(statuses: Collection[Status]) -> dict[str, Any]:
    """Return the schema of a status in a request.

    It lists the spelling without blanks, which many HTTP clients encode in a way that does not
    match their signature.
    """
    return {
        "type": "string",
        "enum": sorted(status.replace(" ", "_") for status in statuses),
        "description": "in any case; also as in responses, with blanks: `DELIVERY FAILURE`",
    }


def _must_be_text(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ValueError("contains an unpaired surrogate, which is not valid text") from error
    return value


def _must_not_be_blank(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be empty")
    return value


def _checked(check: Callable[[Checked], object]) -> AfterValidator:
    """Return a validator that applies a rule of the domain."""

    def checked(value: Checked) -> Checked:
        _converted(check)(value)
        return value

    return AfterValidator(checked)


def _converted(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a function of the domain that raises pydantic's errors."""

    def converted(value: Any) -> Any:
        try:
            return convert(value)
        except InvalidInput as error:
            raise ValueError(error.fields[0].message) from error

    return converted


#: A time in a request.
GivenTime = Annotated[
    datetime,
    BeforeValidator(_moment),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]

#: A time in a response.
Time = Annotated[
    datetime,
    PlainSerializer(iso, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]

#: A status in a request.
GivenStatus = Annotated[
    Status, BeforeValidator(_status), WithJsonSchema(status_schema(list(Status)))
]

#: Text that is not blank, for readers of the document; the domain rejects blank text.
NOT_BLANK = r"[^\s\x1c-\x1f\x85]"
_NO_CONTROL = r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]"
ONE_LINE = rf"^{_NO_CONTROL}*[^\s\x00-\x1f\x7f-\x9f]{_NO_CONTROL}*$"

# Limits are not `Field`s here, because the resolver accepts only one `Field` per parameter.
Text = Annotated[str, Strict(), AfterValidator(_must_be_text)]
NonBlank = Annotated[
    Text,
    StringConstraints(min_length=1),
    AfterValidator(_must_not_be_blank),
    Field(json_schema_extra={"pattern": NOT_BLANK}),
]
UserId = Annotated[NonBlank, StringConstraints(max_length=MAX_USER)]
TargetName = Annotated[NonBlank, StringConstraints(max_length=MAX_NAME)]
TargetUserId = Annotated[NonBlank, StringConstraints(max_length=MAX_ADDRESS)]
Title = Annotated[
    Text,
    _checked(check_title),
    WithJsonSchema(
        {
            "type": "string",
            "description": "one line, without control characters",
            "minLength": 1,
            "maxLength": MAX_TITLE,
            "pattern": ONE_LINE,
        }
    ),
]
Body = Annotated[
    Text,
    _checked(check_body),
    WithJsonSchema(
        {
            "type": "string",
            "description": f"at most {MAX_BODY} bytes",
            "minLength": 1,
            "maxLength": MAX_BODY,
            "pattern": NOT_BLANK,
        }
    ),
]
Extra = Annotated[
    dict[str, Any],
    _checked(check_extra_size),
    Field(description=f"at most {MAX_EXTRA} bytes of JSON; each target has its own keys"),
]
Category = Annotated[
    Text,
    _checked(check_category),
    WithJsonSchema({"type": "string", "pattern": f"^{CATEGORY.pattern}$"}),
]
Locale = Annotated[
    Text,
    AfterValidator(_converted(checked_locale)),
    WithJsonSchema(
        {
            "type": "string",
            "description": "a language tag of BCP 47, such as `de` or `de-AT`",
            "maxLength": MAX_LOCALE,
            "pattern": "^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$",
        }
    ),
]
TemplateReference = Annotated[
    Text,
    _checked(parse_reference),
    WithJsonSchema(
        {
            "type": "string",
            "description": "a template's name, for its published version, or `name@version`",
            "pattern": "^[a-z0-9][a-z0-9-]{0,63}(@[1-9][0-9]{0,8})?$",
        }
    ),
]
Data = Annotated[
    dict[str, Any],
    _checked(check_data_size),
    Field(description=f"at most {MAX_DATA} bytes of JSON; the template's schema has its keys"),
]
TimeZone = Annotated[
    Text,
    _checked(check_time_zone),
    WithJsonSchema(
        {
            "type": "string",
            "description": "a name of the IANA time zone database, such as `Europe/Vienna`",
            "maxLength": MAX_ZONE,
            "pattern": r"^[A-Za-z][A-Za-z0-9_+/-]*$",
        }
    ),
]
Reference = Annotated[NonBlank, StringConstraints(max_length=MAX_REFERENCE)]
ProviderId = Annotated[NonBlank, StringConstraints(max_length=MAX_MESSAGE_ID)]
Description = Annotated[Text, Field(max_length=MAX_DESCRIPTION)]
Flag = Annotated[bool, Field(strict=True)]

#: For a strict `int`, because JSON may also write a whole number as 3.0.
WHOLE = BeforeValidator(_whole)
