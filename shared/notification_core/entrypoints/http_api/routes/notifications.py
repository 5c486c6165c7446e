"""Notifications that exist."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import Field

from notification_core.domain.errors import (
    BeingErased,
    InvalidInput,
    NotFound,
    OptedOut,
    UnknownModule,
    UnknownTarget,
)
from notification_core.domain.status import Status
from notification_core.entrypoints.http_api.answers import fitting_page
from notification_core.entrypoints.http_api.changed_notification import (
    ChangedResponse,
    NotificationPatch,
)
from notification_core.entrypoints.http_api.current_request import current_event
from notification_core.entrypoints.http_api.fields import (
    ApiModel,
    GivenStatus,
    TargetName,
    Time,
    UserId,
)
from notification_core.entrypoints.http_api.identity import caller_of
from notification_core.entrypoints.http_api.models import Response
from notification_core.entrypoints.http_api.notification_response import (
    NotificationList,
    NotificationResponse,
)
from notification_core.entrypoints.http_api.parameters import Limit, Next
from notification_core.entrypoints.http_api.routing import Routes
from notification_core.runtime.wiring import ports
from notification_core.usecases.queries import listing
from notification_core.usecases.queries.explain import explain
from notification_core.usecases.sending import change
from notification_core.usecases.sending.cancel import CancelResult, cancel

routes = Routes("Notifications")


class CancelResponse(ApiModel):
    """The actual result of a cancellation."""

    result: CancelResult
    notification: NotificationResponse

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "result": "already_final",
        "notification": NotificationResponse.EXAMPLE,
    }


class DecisionResponse(Response):
    """One decision about a notification."""

    at: Time | None = Field(description="null for the current state")
    topic: str = Field(description="consent, record, schedule, attempt, receipt, target or end")
    message: str
    code: str = Field(description="the provider's code, or a code such as `read-timeout`")
    docs_url: str | None = Field(description="where the provider explains the code")


class ExplanationResponse(Response):
    """The decisions about a notification, in order, and the next step to get it sent."""

    id: str
    status: Status
    address: str | None = Field(description="shortened; null when its record was deleted")
    decisions: list[DecisionResponse]
    next_step: str

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "id": "5f0c8a3e-6f43-4f0e-9d0b-0f6f5f0c2a11",
        "status": "DELIVERY FAILURE",
        "address": "a…@example.com",
        "decisions": [
            {
                "at": "2026-01-31T08:00:01.000Z",
                "topic": "attempt",
                "message": "The provider rejected the message.",
                "code": "MessageRejected",
                "docs_url": None,
            }
        ],
        "next_step": "Correct the message and send a new notification.",
    }

    @classmethod
    def of(cls, entity: object, **more: Any) -> Self:
        """Return the response for an explanation."""
        decisions = [DecisionResponse.of(decision) for decision in getattr(entity, "decisions", ())]
        return super().of(entity, decisions=decisions, **more)


@routes.get("/notifications", problems=[UnknownTarget, UnknownModule])
def list_notifications(
    user: Annotated[UserId | None, Query()] = None,
    target: Annotated[TargetName | None, Query()] = None,
    status: Annotated[GivenStatus | None, Query()] = None,
    limit: Limit = 50,
    next: Next = None,
) -> NotificationList:
    """List a user's notifications, or a target's failed notifications; newest first."""
    if (user is None) == (target is None):
        raise InvalidInput.of("user", "name either user or target, and only one of them")
    if user is not None:
        page = listing.list_notifications(ports(), user, status, limit, next)
    else:
        page = listing.list_failures(ports(), target or "", status, limit, next)
    return fitting_page(NotificationList.of_page, page)


@routes.get("/notifications/<notification_id>", problems=[NotFound])
def get_notification(notification_id: str) -> NotificationResponse:
    """Read a notification with its timeline."""
    notification = listing.get_notification(ports(), notification_id)
    return NotificationResponse.of_notification(notification)


@routes.patch(
    "/notifications/<notification_id>", problems=[NotFound, OptedOut, BeingErased, UnknownModule]
)
def change_notification(notification_id: str, body: NotificationPatch) -> ChangedResponse:
    """Change the time or the content of a notification, unless it has already been sent."""
    result, notification = change.change_notification(
        ports(), notification_id, body.values(), caller_of(current_event())
    )
    shown = NotificationResponse.of_notification(notification)
    return ChangedResponse(result=result, notification=shown)


@routes.post("/notifications/<notification_id>/cancel", problems=[NotFound])
def cancel_notification(notification_id: str) -> CancelResponse:
    """Cancel a notification, unless it has already been sent."""
    result, notification = cancel(ports(), notification_id, caller_of(current_event()))
    shown = NotificationResponse.of_notification(notification)
    return CancelResponse(result=result, notification=shown)


@routes.get("/notifications/<notification_id>/explanation", problems=[NotFound])
def explain_notification(notification_id: str) -> ExplanationResponse:
    """Explain the decisions about a notification, and the next step to get it sent."""
    return ExplanationResponse.of(explain(ports(), notification_id))
