"""Requests that create notifications."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, SkipValidation

from notification_core.domain.errors import FieldError, InvalidInput
from notification_core.domain.notification import MAX_RETRIES, MAX_RETRY_TIME_INTERVAL
from notification_core.domain.schedule import check_schedule
from notification_core.entrypoints.http_api.channel_content import (
    ContentByChannel,
    content_errors,
)
from notification_core.entrypoints.http_api.fields import (
    WHOLE,
    Body,
    Category,
    Data,
    Extra,
    Flag,
    GivenTime,
    Locale,
    Reference,
    TargetName,
    TargetUserId,
    TemplateReference,
    Text,
    Title,
    UserId,
    moment_or_none,
)
from notification_core.entrypoints.http_api.models import Request
from notification_core.runtime.clock import clock
from notification_core.usecases.sending.draft import Draft, Recipient

MAX_BATCH = 100
MAX_RECIPIENTS = 100

TIMES = ("scheduled_delivery", "deliver_before")

IdempotencyKey = Annotated[Text, Field(min_length=1, max_length=255)]


#: The form of `to`, for error messages.
TO_FORM = '[{"target": "Email", "address": "ann@example.com"}]'


def _must_be_recipients(value: Any) -> Any:
    entries = value if isinstance(value, list) else [value]
    if value is not None and not (entries is value and all(isinstance(e, dict) for e in entries)):
        raise ValueError(f"must be a list of recipients, such as {TO_FORM}")
    return value


class NewRecipient(Request):
    """An address that need not be registered; `target` by name or id."""

    target: TargetName
    address: TargetUserId
    user: UserId | None = None

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"target": "Email", "address": "ann@example.com"}


Recipients = Annotated[
    list[NewRecipient],
    Field(min_length=1, max_length=MAX_RECIPIENTS),
    BeforeValidator(_must_be_recipients),
]


class NewNotification(Request):
    """`POST /notifications`: for one record, for a user's active records, or for addresses.

    Name one of `target_user_record`, `user` and `to`; `targets` goes with `user`. Name one
    of `title` with `body`, `content` and `template`; `title` and `body` may stand beside `content`.
    """

    target_user_record: Annotated[Text, Field(min_length=1, max_length=128)] | None = None
    user: UserId | None = None
    targets: Annotated[list[TargetName], Field(min_length=1, max_length=100)] | None = None
    to: Recipients | None = Field(
        default=None, description="addresses, each of which is registered if it is not yet"
    )
    title: Title | None = None
    body: Body | None = None
    extra: Extra = Field(default_factory=dict)
    content: ContentByChannel | None = None
    template: TemplateReference | None = None
    data: Data | None = None
    locale: Locale | None = Field(
        default=None, description="of the template; by default the user's, or else the template's"
    )
    html_to_text: Flag | None = Field(
        default=None, description="send HTML as text to the targets that do not render it"
    )
    category: Category | None = None
    reference: Reference | None = None
    scheduled_delivery: GivenTime | None = None
    deliver_before: GivenTime | None = None
    retry_time_interval: (
        Annotated[int, Field(strict=True, ge=1, le=MAX_RETRY_TIME_INTERVAL), WHOLE] | None
    ) = None
    max_retries: Annotated[int, Field(strict=True, ge=1, le=MAX_RETRIES), WHOLE] | None = None

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "user": "ann",
        "title": "Your table",
        "body": "It is ready.",
    }

    @classmethod
    def combination_errors(cls, fields: Mapping[str, Any]) -> Iterator[FieldError]:
        """Return the errors in the combination of fields that are not null, valid or not."""
        if sum(name in fields for name in ("target_user_record", "user", "to")) != 1:
            message = "name one of target_user_record, user and to, and only one of them"
            yield FieldError("request", message)
        if "targets" in fields and "user" not in fields:
            yield FieldError("request", "targets goes with user")
        yield from content_errors(fields)

    @classmethod
    def time_errors(cls, fields: Mapping[str, Any]) -> Iterable[FieldError]:
        """Return the errors of valid times, for a request that has another error."""
        now = clock()()
        due, end = (moment_or_none(fields.get(name)) for name in TIMES)
        try:
            check_schedule(now=now, scheduled_delivery=due or now, deliver_before=end)
        except InvalidInput as error:
            return error.fields
        return ()

    def draft(self, idempotency_key: str | None) -> Draft:
        """Return the use case's input."""
        fields = {name: getattr(self, name) for name in NewNotification.model_fields}
        fields["html_to_text"] = bool(self.html_to_text)
        fields["data"] = self.data or None
        if self.content is not None:
            fields["content"] = {
                channel: content.model_dump(exclude_none=True)
                for channel, content in self.content.items()
            }
        if self.to is not None:
            fields["to"] = [Recipient(entry.target, entry.address, entry.user) for entry in self.to]
        return Draft(**fields, idempotency_key=idempotency_key)


class NewBatchItem(NewNotification):
    """One item of a batch: a request like that of `POST /notifications`, and its own key.

    Name one of `target_user_record`, `user` and `to`; `targets` goes with `user`. Name one
    of `title` with `body`, `content` and `template`; `title` and `body` may stand beside `content`.
    """

    idempotency_key: IdempotencyKey | None = None


#: Items are validated one by one, so that an invalid item does not affect the others.
BatchItem = Annotated[NewBatchItem, SkipValidation]


class NewBatch(Request):
    """`POST /notifications/batch`."""

    items: Annotated[list[BatchItem], Field(min_length=1, max_length=MAX_BATCH)]

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "items": [
            {**NewNotification.EXAMPLE, "idempotency_key": "table-1"},
            {**NewNotification.EXAMPLE, "user": "bob", "idempotency_key": "table-2"},
        ]
    }
