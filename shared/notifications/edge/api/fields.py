"""Field types of the API: strict, with their limits, so that a mistake is named and not mended."""

import re
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WithJsonSchema

from notifications.domain.clock import to_millisecond
from notifications.domain.consent import CATEGORY, check_category
from notifications.domain.errors import InvalidInput
from notifications.domain.recipients import MAX_ADDRESS, MAX_DESCRIPTION, MAX_NAME, MAX_USER

_ISO_8601 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d([.,]\d+)?)?([Zz]|[+-]\d\d:?\d\d)")


def _moment(value: Any) -> datetime:
    if not isinstance(value, str) or not _ISO_8601.fullmatch(value):
        raise ValueError("must be an ISO 8601 time with an offset, such as 2026-01-31T08:00:00Z")
    try:
        return to_millisecond(datetime.fromisoformat(value.upper()))
    except (ValueError, OverflowError) as error:
        raise ValueError(f"is not a time: {error}") from error


def iso(moment: datetime) -> str:
    """Write a time as the API does: UTC, milliseconds, `Z`."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _must_be_text(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ValueError("holds half of a surrogate pair, which is no text") from error
    return value


def _must_be_category(value: str) -> str:
    try:
        check_category(value)
    except InvalidInput as error:
        raise ValueError(error.fields[0].message) from error
    return value


#: A time that a caller gives.
GivenTime = Annotated[
    datetime,
    BeforeValidator(_moment),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]

#: A time that the API answers with.
Time = Annotated[
    datetime,
    PlainSerializer(iso, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]

Text = Annotated[str, Field(strict=True), AfterValidator(_must_be_text)]
UserId = Annotated[Text, Field(min_length=1, max_length=MAX_USER)]
TargetName = Annotated[Text, Field(min_length=1, max_length=MAX_NAME)]
TargetUserId = Annotated[Text, Field(min_length=1, max_length=MAX_ADDRESS)]
Category = Annotated[
    Text,
    AfterValidator(_must_be_category),
    WithJsonSchema({"type": "string", "pattern": f"^{CATEGORY.pattern}$"}),
]
Description = Annotated[Text, Field(max_length=MAX_DESCRIPTION)]
Flag = Annotated[bool, Field(strict=True)]
