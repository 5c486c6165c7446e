"""What the API answers with."""

from collections.abc import Iterable
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field

from notifications.domain.notification import Notification
from notifications.domain.status import Status
from notifications.edge.api.fields import Time
from notifications.edge.api.problems import Problem, is_none
from notifications.usecases.cancel import CancelResult


class Response(BaseModel):
    """Built from an entity by its attributes."""

    model_config = ConfigDict(from_attributes=True)

    @classmethod
    def of(cls, entity: object, **more: Any) -> Self:
        """Return the answer for an entity; `more` replaces attributes."""
        names = cls.model_fields.keys() - more.keys()
        return cls(**{name: getattr(entity, name) for name in names}, **more)


class TargetResponse(Response):
    """A NotificationTarget."""

    id: str
    name: str
    notification_module_name: str
    created_at: Time
    updated_at: Time


class RecordResponse(Response):
    """A TargetUserRecord."""

    id: str
    user: str
    target: str = Field(description="the target's id")
    target_user_id: str
    description: str
    active: bool
    created_at: Time
    updated_at: Time


class OptOutResponse(Response):
    """A NotificationOptOut."""

    user: str
    active: bool
    created_at: Time
    updated_at: Time


class OptOutSetResponse(OptOutResponse):
    """A NotificationOptOut that was just set."""

    opted_out: int = Field(description="how many waiting notifications it ended")


class EventResponse(Response):
    """One entry of a timeline."""

    at: Time
    event: str
    detail: str


class LastErrorResponse(BaseModel):
    """Why the latest attempt failed."""

    model_config = ConfigDict(populate_by_name=True)

    blame: str = Field(serialization_alias="class")
    code: str
    message: str


class NotificationResponse(Response):
    """A Notification."""

    id: str
    user: str
    target: str = Field(description="the target's id")
    target_user_record: str
    title: str
    body: str
    extra: dict[str, Any]
    status: Status
    scheduled_delivery: Time
    attempted_delivery: Time | None
    deliver_before: Time | None
    retry_time_interval: int = Field(description="seconds")
    retry_attempts: int = Field(description="attempts that failed")
    max_retries: int = Field(description="attempts allowed, the first included")
    next_attempt: Time | None
    provider_message_id: str | None
    last_error: LastErrorResponse | None
    timeline: list[EventResponse]
    created_at: Time
    updated_at: Time

    @classmethod
    def of_notification(cls, notification: Notification) -> Self:
        """Return the answer for a notification whose content is loaded."""
        content, error = notification.content, notification.last_error
        return cls.of(
            notification,
            title=content.title,
            body=content.body,
            extra=dict(content.extra),
            next_attempt=notification.due_at if notification.is_waiting else None,
            last_error=LastErrorResponse(blame=error.blame, code=error.code, message=error.message)
            if error
            else None,
            timeline=[EventResponse.of(each) for each in notification.timeline],
        )


class TargetList(BaseModel):
    """A page of targets."""

    items: list[TargetResponse]
    next: str | None = None


class RecordList(BaseModel):
    """A page of target user records."""

    items: list[RecordResponse]
    next: str | None = None


class NotificationList(BaseModel):
    """A page of notifications, newest first."""

    items: list[NotificationResponse]
    next: str | None = None

    @classmethod
    def of(cls, notifications: Iterable[Notification], after: str | None = None) -> Self:
        """Return the answer for a page."""
        items = [NotificationResponse.of_notification(each) for each in notifications]
        return cls(items=items, next=after)


class BatchItemResponse(BaseModel):
    """What came of one item of a batch: `notifications`, or a `problem`."""

    status: int
    notifications: list[NotificationResponse] | None = Field(default=None, exclude_if=is_none)
    problem: Problem | None = Field(default=None, exclude_if=is_none)


class BatchResponse(BaseModel):
    """What came of a batch, in the order sent."""

    items: list[BatchItemResponse]


class CancelResponse(BaseModel):
    """The truth about a cancellation."""

    result: CancelResult
    notification: NotificationResponse
