"""The inputs of the API: a notification to create, and the parts of an HTTP request."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Required, TypedDict
from urllib.parse import quote, urlencode
from uuid import uuid4

#: The API accepts at most this many items in a batch, and 1 MB in a request. A batch keeps below.
BATCH_ITEMS = 100
BATCH_BYTES = 900_000


def new_key() -> str:
    """Return a new idempotency key."""
    return str(uuid4())


class Recipient(TypedDict, total=False):
    """An address in a target. Without `user`, the user's id is the normalised address."""

    target: Required[str]
    """The name or id of a target."""
    address: Required[str]
    """An e-mail address, a phone number or a push token."""
    user: str | None
    """The caller's id of the recipient."""


class ChannelContent(TypedDict, total=False):
    """The content of a notification for one channel."""

    title: str | None
    """One line, up to 256 characters; required for `email` and `push`, refused for `sms`."""
    body: Required[str]
    """Text or, for e-mail, HTML; up to 200 KB."""
    extra: Mapping[str, Any] | None
    """Fields of the channel's target, such as `reply_to`."""


class NewRecord(TypedDict, total=False):
    """An address to register: an item of `add_records`."""

    user: Required[str]
    target: Required[str]
    target_user_id: Required[str]
    description: str | None
    active: bool | None


class NotificationChanges(TypedDict, total=False):
    """New values of a notification: the arguments of `change_notification`."""

    scheduled_delivery: datetime
    """A past time means now. In status RETRY, the time of the next attempt."""
    deliver_before: datetime | None
    """Never sent at or after this time. None removes it."""
    title: str
    """One line, like `body` for a notification without a template."""
    body: str
    """Text or, for e-mail, HTML; up to 200 KB."""
    extra: Mapping[str, Any]
    """Fields of the target, such as `reply_to`. Replaces all of them."""
    data: Mapping[str, Any]
    """The values for the template. Replaces all of them."""
    category: str | None
    """The subject, for opt-outs that name it. None removes it."""
    max_retries: int
    """Number of attempts, including the first."""


class NewNotification(TypedDict, total=False):
    """A notification to create: the arguments of `send`, or an item of `send_many`.

    A recipient (`user`, `to` or `target_user_record`) and a content (`title` and `body`,
    `content`, or `template`) are required. A field that is None counts as absent.
    """

    user: str | None
    """The caller's id of the recipient."""
    targets: Sequence[str] | None
    """Names or ids, with `user`. Without targets, all active addresses of the user are used."""
    to: Sequence[Recipient] | None
    """Addresses, instead of `user`; those that are not registered are registered."""
    target_user_record: str | None
    """The id of one address, instead of `user`."""
    title: str | None
    """One line, up to 256 characters."""
    body: str | None
    """Text or, for e-mail, HTML; up to 200 KB."""
    content: Mapping[str, ChannelContent] | None
    """Content by channel (`email`, `sms`, `push`); `title` and `body` are for the others."""
    template: str | None
    """A template's name, or `name@version`, instead of `title`, `body` and `content`."""
    data: Mapping[str, Any] | None
    """The values for the template."""
    locale: str | None
    """The language of the template, such as `de-AT`. Default: the user's, or the template's."""
    category: str | None
    """The subject, for opt-outs that name it."""
    reference: str | None
    """Your own label, such as an order number; up to 255 characters. It is not a key."""
    html_to_text: bool | None
    """Convert an HTML body to text for targets that do not render HTML."""
    extra: Mapping[str, Any] | None
    """Fields of the target, such as `reply_to`."""
    scheduled_delivery: datetime | None
    """A datetime with an offset, up to one year ahead. Default: now."""
    deliver_before: datetime | None
    """The notification is never sent from this time on."""
    max_retries: int | None
    """The number of attempts, including the first."""
    retry_time_interval: int | None
    """Seconds between the first failure and the second attempt."""
    idempotency_key: str | None
    """At most 255 characters. Default: a random key for the call."""


class NewTemplateVersion(TypedDict, total=False):
    """A version of a template: the arguments of `put_template`."""

    default_locale: Required[str]
    """The language tag of the locale that has every channel."""
    content: Required[Mapping[str, Mapping[str, Mapping[str, Any]]]]
    """By locale, channel and part: `{"en": {"sms": {"body": "Your order {{ order }}"}}}`."""
    schema: Mapping[str, Any] | None
    """A JSON Schema of the data, with `examples`."""
    category: str | None
    """The category of every notification from the template."""
    partial: Sequence[str] | None
    """The locales that may lack channels of the default locale."""
    examples: Sequence[Mapping[str, Any]] | None
    """Data that the template is checked with. Default: the examples of the schema."""
    max_segments: int | None
    """The most segments of an SMS. Default: 3."""
    note: str | None
    """What has changed, up to 200 characters."""


def batch_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the API's fields of a notification, with an idempotency key if it has none."""
    fields = present(item)
    return {"idempotency_key": new_key(), **fields}


def batches(items: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Split items into requests that the API accepts, in order."""
    batch: list[dict[str, Any]] = []
    size = 0
    for item in items:
        item_size = len(to_bytes(item))
        if batch and (len(batch) == BATCH_ITEMS or size + item_size > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += item_size
    if batch:
        yield batch


@dataclass(frozen=True, slots=True)
class Request:
    """One request to the API.

    `idempotent` says that the request may be repeated although it may have been processed.
    """

    method: str
    path: str
    content: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    idempotent: bool = True


def path_of(template: str, *values: str, **query: Any) -> str:
    """Return a path with its placeholders filled and a query string, percent-encoded.

    A space becomes `%20`, because a plus sign would be signed as a plus sign. Query parameters
    that are None are left out.
    """
    path = template.format(*(quote(value, safe="") for value in values))
    parameters = present(query)
    return f"{path}?{urlencode(parameters, quote_via=quote)}" if parameters else path


def present(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that are not None, with times as ISO 8601."""
    return {name: _plain(value) for name, value in values.items() if value is not None}


def to_bytes(value: Any) -> bytes:
    """Return a JSON value as UTF-8."""
    return json.dumps(value, separators=(",", ":"), default=_plain).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, (set, frozenset, tuple)) else value
