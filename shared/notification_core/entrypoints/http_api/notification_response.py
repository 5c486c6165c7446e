"""Notifications in responses."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from pydantic import ConfigDict, Field

from notification_content.sms_segments import Encoding
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


class SmsResponse(Response):
    """What a text takes as an SMS. The sender pays for each segment."""

    encoding: Encoding
    segments: int
    units: int = Field(description="septets in GSM-7, 16-bit units in UCS-2")
    characters: int = Field(description="Unicode code points")


class NotificationResponse(Response):
    """A Notification."""

    id: str
    user: str
    target: str = Field(description="the target's id")
    target_user_record: str
    title: str | None = Field(description="empty without a title, null with a `content_error`")
    body: str | None = Field(description="null with a `content_error`")
    extra: dict[str, Any] | None = Field(description="null with a `content_error`")
    sms: SmsResponse | None = Field(description="null in other channels than `sms`")
    content_error: str | None = Field(
        description="why title, body and extra are null: they are lost, or cannot be rendered"
    )
    template: str | None = Field(
        description="the version that the texts are rendered from, as `order-shipped@7`"
    )
    locale: str | None = Field(description="of the template")
    data: dict[str, Any] | None = Field(description="for the template; null where it is lost")
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

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "id": "5f0c8a3e-6f43-4f0e-9d0b-0f6f5f0c2a11",
        "user": "ann",
        "target": "1d2f7c52-8f5b-5a3a-9c39-8f6a1f6c2b10",
        "target_user_record": "b7f6c7f0-3f6e-4c55-8f0f-2f8a1c9d7e42",
        "title": "Your table",
        "body": "It is ready.",
        "extra": {},
        "sms": None,
        "content_error": None,
        "template": None,
        "locale": None,
        "data": None,
        "category": None,
        "reference": "order-4711",
        "status": "DELIVERED",
        "confirmation": "received",
        "scheduled_delivery": "2026-01-31T08:00:00.000Z",
        "attempted_delivery": "2026-01-31T08:00:00.412Z",
        "deliver_before": None,
        "retry_time_interval": 60,
        "retry_attempts": 0,
        "max_retries": 3,
        "next_attempt": None,
        "provider_message_id": "0100019c1a2b3c4d-000000",
        "last_error": None,
        "timeline": [
            {"at": "2026-01-31T07:59:58.120Z", "event": "scheduled", "detail": "", "code": ""},
            {"at": "2026-01-31T08:00:00.598Z", "event": "sent", "detail": "", "code": ""},
            {"at": "2026-01-31T08:00:03.051Z", "event": "delivered", "detail": "", "code": ""},
        ],
        "created_at": "2026-01-31T07:59:58.120Z",
        "updated_at": "2026-01-31T08:00:03.051Z",
    }

    @classmethod
    def of_notification(cls, notification: Notification) -> Self:
        """Return the response for a notification whose content is loaded, or known to be lost."""
        content, error = notification.content, notification.last_error
        use = content.template
        return cls.of(
            notification,
            sms=SmsResponse.of(notification.sms) if notification.sms else None,
            title=content.title if content.has_texts else None,
            body=content.body if content.has_texts else None,
            extra=dict(content.extra) if content.has_texts else None,
            content_error="it is no longer stored" if content.lost else content.unrendered or None,
            template=str(use.ref) if use else None,
            locale=use.locale if use else None,
            data=dict(use.data) if use and not content.lost else None,
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

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"items": [NotificationResponse.EXAMPLE], "next": None}

    @classmethod
    def of_page(cls, page: Page[Notification]) -> Self:
        """Return the response for a page."""
        items = [NotificationResponse.of_notification(notification) for notification in page.items]
        return cls(items=items, next=page.next)
