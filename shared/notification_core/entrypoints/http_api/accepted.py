"""The responses to requests that create notifications."""

from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any, ClassVar, Self

from pydantic import Field

from notification_core.domain.errors import NotificationError
from notification_core.domain.notification import Notification
from notification_core.domain.status import Status
from notification_core.entrypoints.http_api.answers import fitting
from notification_core.entrypoints.http_api.fields import ApiModel, Time
from notification_core.entrypoints.http_api.models import Response
from notification_core.entrypoints.http_api.notification_response import NotificationResponse
from notification_core.entrypoints.http_api.problems import Problem, problem_of
from notification_core.usecases.sending.schedule import ScheduleResult


class BriefNotification(Response):
    """A Notification in short form, for responses that would be too large: read it by its id."""

    id: str
    user: str
    target: str = Field(description="the target's id")
    target_user_record: str
    status: Status
    scheduled_delivery: Time


Shown = NotificationResponse | BriefNotification
Show = Callable[[Notification], Shown]

#: A notification that was just created.
CREATED: Mapping[str, Any] = {
    **NotificationResponse.EXAMPLE,
    "status": "SCHEDULED",
    "confirmation": None,
    "attempted_delivery": None,
    "next_attempt": NotificationResponse.EXAMPLE["scheduled_delivery"],
    "provider_message_id": None,
    "timeline": NotificationResponse.EXAMPLE["timeline"][:1],
    "updated_at": NotificationResponse.EXAMPLE["created_at"],
}

#: The result of one item of a batch.
Result = ScheduleResult | NotificationError | Problem


class AcceptedList(ApiModel):
    """The notifications of one request, in full or all of them in short form."""

    items: list[Shown]
    next: str | None = None

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"items": [CREATED], "next": None}

    @classmethod
    def of(cls, notifications: Iterable[Notification], show: Show) -> Self:
        """Return the response, with each notification converted by `show`."""
        return cls(items=[show(notification) for notification in notifications])

    @classmethod
    def fitting(cls, notifications: list[Notification]) -> Self:
        """Return the response in a form that is not too large."""
        return fitting(
            lambda: cls.of(notifications, NotificationResponse.of_notification),
            lambda: cls.of(notifications, BriefNotification.of),
        )


class BatchItemResponse(ApiModel):
    """The result of one item of a batch: `notifications`, or a `problem`; the other is null."""

    status: int = Field(description="201; 200 for an idempotency key that was used; or an error's")
    notifications: list[Shown] | None = Field(description="null if the item has a problem")
    problem: Problem | None = Field(description="null if the item was accepted")

    @classmethod
    def of(cls, result: Result, show: Show) -> Self:
        """Return the response for one item, with each notification converted by `show`."""
        if isinstance(result, NotificationError):
            result = problem_of(result)
        if isinstance(result, Problem):
            return cls(status=result.status, notifications=None, problem=result)
        status = HTTPStatus.CREATED if result.created else HTTPStatus.OK
        return cls(
            status=status,
            notifications=[show(notification) for notification in result.notifications],
            problem=None,
        )


class BatchResponse(ApiModel):
    """The results of a batch in the order sent, with all notifications in full or in short form."""

    items: list[BatchItemResponse]

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "items": [
            {"status": 201, "notifications": [CREATED], "problem": None},
            {"status": 422, "notifications": None, "problem": Problem.EXAMPLE},
        ]
    }

    @classmethod
    def of(cls, results: Iterable[Result], show: Show) -> Self:
        """Return the response, with each notification converted by `show`."""
        return cls(items=[BatchItemResponse.of(result, show) for result in results])

    @classmethod
    def fitting(cls, results: list[Result]) -> Self:
        """Return the response in a form that is not too large."""
        return fitting(
            lambda: cls.of(results, NotificationResponse.of_notification),
            lambda: cls.of(results, BriefNotification.of),
        )
