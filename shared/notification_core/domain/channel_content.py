"""The content that a caller writes for one channel: its title, body and extra keys."""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from notification_core.domain.content import (
    Content,
    check_body,
    check_extra_size,
    check_title,
)
from notification_core.domain.errors import InvalidInput, check_all
from notification_core.domain.modules import Channel, is_channel

MAX_CHANNELS = 20  #: in one request

#: Whether the content of a channel has a title. In other channels, it may have one.
HAS_TITLE: Mapping[str, bool] = MappingProxyType(
    {Channel.EMAIL: True, Channel.PUSH: True, Channel.SMS: False}
)

NOT_A_CHANNEL = (
    "is not the name of a channel, which has at most 32 lower-case letters, digits and hyphens"
    " and begins with a letter"
)


def path_of(channel: str) -> str:
    """Return the name of a channel's content in errors."""
    return f"content.{channel}"


def title_error(channel: str, *, given: bool) -> str | None:
    """Return what is wrong with the presence or absence of a title in a channel's content."""
    if given is HAS_TITLE.get(channel, given):
        return None
    return f"{channel} has no title; remove it" if given else "is required"


def checked_content(channel: str, fields: Mapping[str, Any]) -> Content:
    """Return the content that `{title?, body, extra?}` describes; without a title, it is empty.

    Raises:
        InvalidInput: it names the fields, such as `content.sms.body`.
    """
    path = path_of(channel)
    if not is_channel(channel):
        raise InvalidInput.of(path, NOT_A_CHANNEL)
    title, extra = fields.get("title"), fields.get("extra", {})
    wrong = title_error(channel, given=title is not None)
    if wrong is not None:
        raise InvalidInput.of(f"{path}.title", wrong)
    checks = [partial(check_body, fields["body"]), partial(check_extra_size, extra)]
    if title is not None:
        checks.insert(0, partial(check_title, title))
    try:
        check_all(checks)
    except InvalidInput as error:
        raise error.under(path) from error
    return Content(title=title or "", body=fields["body"], extra=extra)
