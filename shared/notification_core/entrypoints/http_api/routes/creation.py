"""The creation of notifications."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response as HttpResponse
from aws_lambda_powertools.event_handler.openapi.params import Header

from notification_core.domain.errors import (
    BeingErased,
    IdempotencyMismatch,
    NoActiveRecords,
    OptedOut,
    UnknownModule,
    UnknownRecord,
    UnknownTarget,
)
from notification_core.entrypoints.http_api.accepted import AcceptedList, BatchResponse
from notification_core.entrypoints.http_api.batch import schedule_batch
from notification_core.entrypoints.http_api.current_request import current_event, log_accepted
from notification_core.entrypoints.http_api.identity import key_scope_of
from notification_core.entrypoints.http_api.new_notification import NewBatch, NewNotification
from notification_core.entrypoints.http_api.routing import NewId, Reply, Routes
from notification_core.runtime.wiring import ports
from notification_core.usecases.sending.schedule import schedule

routes = Routes("Notifications")


IdempotencyKey = Annotated[
    str | None, Header(alias="Idempotency-Key", min_length=1, max_length=255)
]
FIRST_ID = NewId("notification_id", "/items/0/id")
REPEATED = "The response to an idempotency key that was used before"
#: The problems of every request that creates notifications.
CREATION_PROBLEMS = (
    UnknownTarget,
    UnknownModule,
    NoActiveRecords,
    OptedOut,
    BeingErased,
    IdempotencyMismatch,
)


@routes.post(
    "/notifications",
    status=HTTPStatus.CREATED,
    problems=[UnknownRecord, *CREATION_PROBLEMS],
    new_id=FIRST_ID,
    replies={HTTPStatus.OK: Reply(AcceptedList, REPEATED, FIRST_ID)},
)
def add_notifications(
    body: NewNotification, idempotency_key: IdempotencyKey = None
) -> HttpResponse[AcceptedList]:
    """Create notifications: 201, or 200 if the idempotency key was used before."""
    scope = key_scope_of(current_event())
    scheduled = schedule(ports(), scope, body.draft(idempotency_key))
    log_accepted(notification.id for notification in scheduled.notifications)
    return HttpResponse(
        status_code=HTTPStatus.CREATED if scheduled.created else HTTPStatus.OK,
        content_type="application/json",
        body=AcceptedList.fitting(scheduled.notifications),
    )


@routes.post("/notifications/batch")
def add_batch(body: NewBatch) -> BatchResponse:
    """Create up to 100 notifications at once; an invalid item does not affect the others."""
    answer = schedule_batch(ports(), key_scope_of(current_event()), body)
    notifications = [
        notification for item in answer.items for notification in item.notifications or ()
    ]
    log_accepted(notification.id for notification in notifications)
    return answer
