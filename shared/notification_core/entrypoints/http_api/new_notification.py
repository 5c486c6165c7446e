"""Requests that create notifications."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, SkipValidation, model_validator

from notification_core.domain.notification import MAX_RETRIES, MAX_RETRY_TIME_INTERVAL
from notification_core.entrypoints.http_api.fields import (
    WHOLE,
    Body,
    Category,
    Extra,
    GivenTime,
    TargetName,
    Text,
    Title,
    UserId,
)
from notification_core.entrypoints.http_api.models import Request
from notification_core.usecases.sending.draft import Draft

MAX_BATCH = 100

IdempotencyKey = Annotated[Text, Field(min_length=1, max_length=255)]


class NewNotification(Request):
    """`POST /notifications`: for one record, or for a user's active records.

    Name either `target_user_record` or `user`, and only one of them; `targets` goes with `user`.
    """

    target_user_record: Annotated[Text, Field(min_length=1, max_length=128)] | None = None
    user: UserId | None = None
    targets: Annotated[list[TargetName], Field(min_length=1, max_length=100)] | None = None
    title: Title
    body: Body
    extra: Extra = Field(default_factory=dict)
    category: Category | None = None
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

    @model_validator(mode="after")
    def _is_one_of_two_forms(self) -> Self:
        if (self.target_user_record is None) == (self.user is None):
            raise ValueError("name either target_user_record or user, and only one of them")
        if self.targets is not None and self.user is None:
            raise ValueError("targets goes with user")
        return self

    def draft(self, idempotency_key: str | None) -> Draft:
        """Return the use case's input."""
        fields = {name: getattr(self, name) for name in NewNotification.model_fields}
        return Draft(**fields, idempotency_key=idempotency_key)


class NewBatchItem(NewNotification):
    """One item of a batch: a request like that of `POST /notifications`, and its own key.

    Name either `target_user_record` or `user`, and only one of them; `targets` goes with `user`.
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
