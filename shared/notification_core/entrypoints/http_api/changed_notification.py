"""The request that changes a notification, and its result."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, cast

from pydantic import Field

from notification_core.domain.errors import FieldError
from notification_core.domain.notification import MAX_RETRIES
from notification_core.entrypoints.http_api.fields import (
    WHOLE,
    ApiModel,
    Body,
    Category,
    Data,
    Extra,
    GivenTime,
    Title,
)
from notification_core.entrypoints.http_api.models import Patch
from notification_core.entrypoints.http_api.notification_response import NotificationResponse
from notification_core.usecases.sending.change import ChangeResult
from notification_core.usecases.sending.changed_content import Changes


class NotificationPatch(Patch):
    """`PATCH /notifications/{id}`: an absent field keeps its value.

    Null removes `deliver_before` or `category`. `title` and `body` are for a notification without a
    template, `data` for one with a template.
    """

    REMOVABLE: ClassVar[frozenset[str]] = frozenset({"deliver_before", "category"})

    scheduled_delivery: GivenTime | None = Field(
        default=None, description="a past time means now; in status RETRY, of the next attempt"
    )
    deliver_before: GivenTime | None = None
    title: Title | None = None
    body: Body | None = None
    extra: Extra | None = None
    data: Data | None = None
    category: Category | None = None
    max_retries: Annotated[int, Field(strict=True, ge=1, le=MAX_RETRIES), WHOLE] | None = None

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"scheduled_delivery": "2026-01-31T09:30:00Z"}

    @classmethod
    def combination_errors(cls, fields: Mapping[str, Any]) -> Iterator[FieldError]:
        """Return the errors in the combination of fields that are not null, valid or not."""
        if "data" in fields:
            for name in sorted({"title", "body"} & fields.keys()):
                message = "cannot be combined with data, which is for a template; leave one out"
                yield FieldError(name, message)

    def values(self) -> Changes:
        """Return the use case's input."""
        return cast(Changes, self.changes())


class ChangedResponse(ApiModel):
    """The actual result of a change, and the notification after it."""

    result: ChangeResult
    notification: NotificationResponse

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "result": "already_final",
        "notification": NotificationResponse.EXAMPLE,
    }
