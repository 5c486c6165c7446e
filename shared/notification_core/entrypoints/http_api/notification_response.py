"""Notifications in responses."""

from typing import Any, Self

from pydantic import ConfigDict, Field

from notification_core.domain.notification import Notification
from notification_core.domain.paging import Page
from notification_core.domain.status import ConfirmationState, Status
from notification_core.entrypoints.http_api.fields import ApiModel, Time
from notification_core.entrypoints.http_api.models import Response
from notification_core.runtime.clock import clock


class EventResponse(Response):
    """One entry of a timeline."""

    at: Time
    event: str
    detail: str
    code: str = Field(description="the provider's code, or a code such as `read-timeout`")


class LastErrorResponse(Response):
    """Why the latest attempt failed."""

    model_config = ConfigDict(populate_by_name=True)

    error_class: str = Field(serialization_alias="class")
    code: str
    message: str


class NotificationResponse(Response):
    """A Notification."""

    id: str
    user: str
    target: str = Field(description="the target's id")
    target_user_record: str
    title: str | None = Field(description="null where the content is lost")
    body: str | None = Field(description="null where the content is lost")
    extra: dict[str, Any] | None = Field(description="null where the content is lost")
    category: str | None
    reference: str | None = Field(description="the caller's own label")
    status: Status
    confirmation: ConfirmationState | None
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
        """Return the response for a notification whose content is loaded, or known to be lost."""
        content, error = notification.content, notification.last_error
        return cls.of(
            notification,
            title=None if content.lost else content.title,
            body=None if content.lost else content.body,
            extra=None if content.lost else dict(content.extra),
            confirmation=notification.confirmation(clock()()),
            next_attempt=notification.due_at if notification.is_waiting else None,
            last_error=LastErrorResponse(
                error_class=error.error_class, code=error.code, message=error.message
            )
            if error
            else None,
            timeline=[EventResponse.of(event) for event in notification.timeline],
        )


class NotificationList(ApiModel):
    """A page of notifications, newest first."""

    items: list[NotificationResponse]
    next: str | None = Field(
        default=None, description="token of the next page; an empty page may have one as well"
    )

    @classmethod
    def of_page(cls, page: Page[Notification]) -> Self:
        """Return the response for a page."""
        items = [NotificationResponse.of_notification(notification) for notification in page.items]
        return cls(items=items, next=page.next)
