"""Requests that create notifications."""

from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, SkipValidation, model_validator

from notification_core.domain.notification import MAX_RETRIES, MAX_RETRY_TIME_INTERVAL
from notification_core.entrypoints.http_api.fields import (
    WHOLE,
    Body,
    Category,
    Extra,
    Flag,
    GivenTime,
    Reference,
    TargetName,
    TargetUserId,
    Text,
    Title,
    UserId,
)
from notification_core.entrypoints.http_api.json_schema import example, form
from notification_core.entrypoints.http_api.models import Request
from notification_core.usecases.sending.draft import Draft, Recipient

MAX_BATCH = 100
MAX_RECIPIENTS = 100

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


Recipients = Annotated[
    list[NewRecipient],
    Field(min_length=1, max_length=MAX_RECIPIENTS),
    BeforeValidator(_must_be_recipients),
]


class NewNotification(Request):
    """`POST /notifications`: for one record, for a user's active records, or for addresses."""

    model_config = example(
        form(["target_user_record"], ["user", "targets", "to"]),
        form(["user"], ["target_user_record", "to"]),
        form(["to"], ["user", "targets", "target_user_record"]),
        user="ann",
        title="Your table",
        body="It is ready.",
    )

    target_user_record: Annotated[Text, Field(min_length=1, max_length=128)] | None = None
    user: UserId | None = None
    targets: Annotated[list[TargetName], Field(min_length=1, max_length=100)] | None = None
    to: Recipients | None = Field(
        default=None, description="addresses, each of which is registered if it is not yet"
    )
    title: Title
    body: Body
    extra: Extra = Field(default_factory=dict)
    html_to_text: Flag = Field(
        default=False, description="send HTML as text to the targets that do not render it"
    )
    category: Category | None = None
    reference: Reference | None = None
    scheduled_delivery: GivenTime | None = None
    deliver_before: GivenTime | None = None
    retry_time_interval: (
        Annotated[int, Field(strict=True, ge=1, le=MAX_RETRY_TIME_INTERVAL), WHOLE] | None
    ) = None
    max_retries: Annotated[int, Field(strict=True, ge=1, le=MAX_RETRIES), WHOLE] | None = None

    @model_validator(mode="after")
    def _is_one_of_three_forms(self) -> Self:
        forms = (self.target_user_record, self.user, self.to)
        if sum(form is not None for form in forms) != 1:
            raise ValueError("name one of target_user_record, user and to, and only one of them")
        if self.targets is not None and self.user is None:
            raise ValueError("targets goes with user")
        return self

    def draft(self, idempotency_key: str | None) -> Draft:
        """Return the use case's input."""
        fields = {name: getattr(self, name) for name in NewNotification.model_fields}
        if self.to is not None:
            fields["to"] = [Recipient(entry.target, entry.address, entry.user) for entry in self.to]
        return Draft(**fields, idempotency_key=idempotency_key)


class NewBatchItem(NewNotification):
    """One item of a batch."""

    idempotency_key: IdempotencyKey | None = None


#: Items are validated one by one, so that an invalid item does not affect the others.
BatchItem = Annotated[NewBatchItem | Any, SkipValidation]


class NewBatch(Request):
    """`POST /notifications/batch`."""

    items: Annotated[list[BatchItem], Field(min_length=1, max_length=MAX_BATCH)]
