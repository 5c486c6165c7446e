"""The content of a request for each channel."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field

from notification_core.domain.channel_content import (
    MAX_CHANNELS,
    NOT_A_CHANNEL,
    path_of,
    title_error,
)
from notification_core.domain.errors import FieldError
from notification_core.domain.modules import CHANNEL, is_channel
from notification_core.entrypoints.http_api.fields import Body, Extra, Title
from notification_core.entrypoints.http_api.models import Request

TEXTS = ("title", "body")
#: What a request with a template cannot have, and what only such a request can have.
TEXTS_WITHOUT_TEMPLATE = frozenset({"title", "body", "content", "html_to_text"})
GOES_WITH_TEMPLATE = frozenset({"data", "locale"})


class ChannelContent(Request):
    """The content for one channel."""

    title: Title | None = Field(
        default=None, description="required for `email` and `push`, refused for `sms`"
    )
    body: Body
    extra: Extra | None = Field(default=None, description="the keys of the channel's target")

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"body": "Your table is ready."}


ContentByChannel = Annotated[
    dict[str, ChannelContent],
    Field(
        min_length=1,
        max_length=MAX_CHANNELS,
        description="content by channel: `email`, `sms`, `push`, or another `channel` of a"
        " `target.json`; `title` and `body` are then for all other channels, and optional",
        json_schema_extra={"propertyNames": {"pattern": f"^{CHANNEL.pattern}$"}},
    ),
]


def content_errors(fields: Mapping[str, Any]) -> Iterator[FieldError]:
    """Return the errors in the combination of title, body, extra, `content` and `template`."""
    if "template" in fields:
        for name in sorted(TEXTS_WITHOUT_TEMPLATE & fields.keys()):
            yield FieldError(name, "cannot be combined with template; leave one of them out")
        return
    for name in sorted(GOES_WITH_TEMPLATE & fields.keys()):
        yield FieldError(name, "goes with template; name one, or leave it out")
    yield from _errors_without_template(fields, fields.get("content"))


def _errors_without_template(fields: Mapping[str, Any], content: Any) -> Iterator[FieldError]:
    given = [name for name in TEXTS if name in fields]
    if content is None:
        yield from (FieldError(name, "is required") for name in TEXTS if name not in given)
        return
    if len(given) == 1:
        message = "is given without the other; give title and body, or neither"
        yield FieldError(given[0], message)
    if not given and fields.get("extra"):
        yield FieldError("extra", "goes with title and body; write it into the channels of content")
    if isinstance(content, dict):
        for channel, entry in content.items():
            yield from _errors_of_channel(channel, entry)


def _errors_of_channel(channel: str, entry: Any) -> Iterator[FieldError]:
    if not is_channel(channel):
        yield FieldError(path_of(channel), NOT_A_CHANNEL)
    elif isinstance(entry, dict):
        wrong = title_error(channel, given=entry.get("title") is not None)
        if wrong is not None:
            yield FieldError(f"{path_of(channel)}.title", wrong)
