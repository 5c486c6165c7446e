"""The HTTP API: maps routes to use cases, and contains no business rules."""

import gc

gc.disable()  # until `initialise`: collections during imports take a sixth of a cold start

from functools import partial
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Header, Query

from notification_core.domain.addresses import Target
from notification_core.domain.errors import InvalidInput
from notification_core.domain.status import Status
from notification_core.entrypoints.http_api import fields, requests, responses
from notification_core.entrypoints.http_api.accepted import AcceptedList, BatchResponse
from notification_core.entrypoints.http_api.answers import fitting_page
from notification_core.entrypoints.http_api.backlog import BacklogEntry, BacklogResponse
from notification_core.entrypoints.http_api.batch import schedule_batch
from notification_core.entrypoints.http_api.identity import caller_of, key_scope_of
from notification_core.entrypoints.http_api.initialise import initialise
from notification_core.entrypoints.http_api.resolver import Api, log_accepted, user_of
from notification_core.runtime.wiring import ports
from notification_core.usecases.administration import addresses, jobs, pause
from notification_core.usecases.consent import opt_out
from notification_core.usecases.consent.suppression import record_api_consent
from notification_core.usecases.privacy.erasure import erase
from notification_core.usecases.privacy.export import export
from notification_core.usecases.queries import backlog, explain, listing, search
from notification_core.usecases.sending.cancel import cancel
from notification_core.usecases.sending.redrive import redrive
from notification_core.usecases.sending.schedule import schedule

app = Api()

Limit = Annotated[int, Query(ge=1, le=100)]
Next = Annotated[str | None, Query(min_length=1, max_length=2048)]
User = Annotated[fields.UserId, Query()]
IdempotencyKey = Annotated[
    str | None, Header(alias="Idempotency-Key", min_length=1, max_length=255)
]


@app.get("/targets", tags=["Targets"])
def list_targets(limit: Limit = 50, next: Next = None) -> responses.TargetList:
    """List the targets."""
    page = listing.page_of(ports().targets.all(), limit, next)
    modules = {module.name: module for module in ports().modules.all()}
    items = [
        responses.TargetResponse.of_target(target, modules.get(target.notification_module_name))
        for target in page.items
    ]
    return responses.TargetList(items=items, next=page.next)


@app.post("/targets", tags=["Targets"], status_code=HTTPStatus.CREATED)
def add_target(body: requests.NewTarget) -> responses.TargetResponse:
    """Add a target for a handler that is deployed."""
    module_name = body.notification_module_name
    target = addresses.add_target(ports(), name=body.name, module_name=module_name)
    return _shown(target)


@app.get("/targets/<target_id>", tags=["Targets"])
def get_target(target_id: str) -> responses.TargetResponse:
    """Read a target."""
    return _shown(addresses.get_target(ports(), target_id))


@app.patch("/targets/<target_id>", tags=["Targets"])
def change_target(target_id: str, body: requests.TargetPatch) -> responses.TargetResponse:
    """Change a target."""
    target = addresses.change_target(ports(), target_id, **body.changes())
    return _shown(target)


@app.delete("/targets/<target_id>", tags=["Targets"], status_code=HTTPStatus.NO_CONTENT)
def remove_target(target_id: str) -> None:
    """Remove a target that no record points at."""
    addresses.remove_target(ports(), target_id)


@app.post("/targets/<target_id>/pause", tags=["Targets"])
def pause_target(
    target_id: str, body: requests.PauseRequest | None = None
) -> responses.TargetResponse:
    """Pause a target; its notifications wait."""
    return _shown(pause.pause_target(ports(), target_id, body.reason if body else None))


@app.post("/targets/<target_id>/resume", tags=["Targets"])
def resume_target(target_id: str) -> responses.TargetResponse:
    """Resume a target, regardless of who paused it."""
    return _shown(pause.resume_target(ports(), target_id))


def _shown(target: Target) -> responses.TargetResponse:
    module = ports().modules.get(target.notification_module_name)
    return responses.TargetResponse.of_target(target, module)


@app.get("/backlog", tags=["Targets"])
def get_backlog() -> BacklogResponse:
    """Read the backlog of each module: queued messages, overdue notifications, dead letters."""
    items = [BacklogEntry.of(module_backlog) for module_backlog in backlog.backlogs(ports())]
    return BacklogResponse(items=items)


@app.get("/target-user-records", tags=["Target user records"])
def list_records(
    user: User,
    limit: Limit = 50,
    next: Next = None,
) -> responses.RecordList:
    """List a user's addresses."""
    page = listing.page_of(ports().records.list_by_user(user), limit, next)
    items = [responses.RecordResponse.of(record) for record in page.items]
    return responses.RecordList(items=items, next=page.next)


@app.post("/target-user-records", tags=["Target user records"], status_code=HTTPStatus.CREATED)
def add_record(body: requests.NewRecord) -> responses.RecordResponse:
    """Add a user's address in a target."""
    return responses.RecordResponse.of(addresses.add_record(ports(), **body.model_dump()))


@app.get("/target-user-records/<record_id>", tags=["Target user records"])
def get_record(record_id: str) -> responses.RecordResponse:
    """Read an address."""
    return responses.RecordResponse.of(addresses.get_record(ports(), record_id))


@app.patch("/target-user-records/<record_id>", tags=["Target user records"])
def change_record(record_id: str, body: requests.RecordPatch) -> responses.RecordResponse:
    """Change an address, or deactivate or activate it."""
    record = addresses.change_record(ports(), record_id, **body.changes())
    return responses.RecordResponse.of(record)


@app.delete(
    "/target-user-records/<record_id>",
    tags=["Target user records"],
    status_code=HTTPStatus.NO_CONTENT,
)
def remove_record(record_id: str) -> None:
    """Remove an address; notifications that wait for it end as INACTIVE DEVICE."""
    addresses.remove_record(ports(), record_id)


@app.put("/opt-outs/<user>", tags=["Opt-outs"])
def set_opt_out(
    user: str, body: requests.OptOutRequest
) -> Response[responses.OptOutSetResponse | responses.JobResponse]:
    """Opt a user out or in, of everything or in part. After 200, no further messages are sent."""
    change = record_api_consent(
        ports(),
        user_of(user),
        opt_out.scopes_of(ports(), body.targets, body.categories),
        active=body.active,
        evidence=caller_of(app.current_event),
    )
    return Response(
        status_code=HTTPStatus.OK if change.job is None else HTTPStatus.ACCEPTED,
        content_type="application/json",
        body=responses.OptOutSetResponse.of_opt_out(change.opt_out, opted_out=change.ended)
        if change.job is None
        else responses.JobResponse.of(change.job),
    )


@app.get("/opt-outs/<user>", tags=["Opt-outs"])
def get_opt_out(user: str) -> responses.OptOutResponse:
    """Read a user's opt-outs, and their sources."""
    return responses.OptOutResponse.of_opt_out(opt_out.get_opt_out(ports(), user_of(user)))


@app.get("/notifications", tags=["Notifications"])
def list_notifications(
    user: Annotated[fields.UserId | None, Query()] = None,
    target: Annotated[fields.TargetName | None, Query()] = None,
    status: Annotated[Status | None, Query()] = None,
    limit: Limit = 50,
    next: Next = None,
) -> responses.NotificationList:
    """List a user's notifications, or a target's failed notifications; newest first."""
    if (user is None) == (target is None):
        raise InvalidInput.of("user", "name either user or target, and only one of them")
    if user is not None:
        page = listing.list_notifications(ports(), user, status, limit, next)
    else:
        page = listing.list_failures(ports(), target or "", status, limit, next)
    return fitting_page(responses.NotificationList.of_page, page)


@app.post("/notifications", tags=["Notifications"], status_code=HTTPStatus.CREATED)
def add_notifications(
    body: requests.NewNotification, idempotency_key: IdempotencyKey = None
) -> Response[AcceptedList]:
    """Create notifications: 201, or 200 if the idempotency key was used before."""
    scope = key_scope_of(app.current_event)
    scheduled = schedule(ports(), scope, body.draft(idempotency_key))
    log_accepted(app.current_event, (notification.id for notification in scheduled.notifications))
    return Response(
        status_code=HTTPStatus.CREATED if scheduled.created else HTTPStatus.OK,
        content_type="application/json",
        body=AcceptedList.fitting(scheduled.notifications),
    )


@app.post("/notifications/batch", tags=["Notifications"])
def add_batch(body: requests.NewBatch) -> BatchResponse:
    """Create up to 100 notifications at once; an invalid item does not affect the others."""
    answer = schedule_batch(ports(), key_scope_of(app.current_event), body)
    notifications = [
        notification for item in answer.items for notification in item.notifications or ()
    ]
    log_accepted(app.current_event, (notification.id for notification in notifications))
    return answer


@app.post("/notifications/redrive", tags=["Notifications"], status_code=HTTPStatus.ACCEPTED)
def redrive_notifications(body: requests.RedriveRequest) -> responses.JobResponse:
    """Retry failed notifications in the background, or only count them."""
    return responses.JobResponse.of(redrive(ports(), body.redrive()))


@app.get("/search", tags=["Notifications"])
def search_notifications(
    address: Annotated[fields.TargetUserId | None, Query()] = None,
    provider_id: Annotated[fields.ProviderId | None, Query()] = None,
    reference: Annotated[fields.Reference | None, Query()] = None,
    limit: Limit = 50,
    next: Next = None,
) -> responses.NotificationList:
    """Find notifications by an address, the provider's id or a reference; newest first."""
    terms = {"address": address, "provider_id": provider_id, "reference": reference}
    page = search.search(ports(), terms, limit, next)
    return fitting_page(responses.NotificationList.of_page, page)


@app.get("/users/<user>/export", tags=["Users"])
def export_user(user: str, limit: Limit = 50, next: Next = None) -> responses.ExportResponse:
    """Read all stored data of a user."""
    exported = export(ports(), user_of(user), limit, next)
    return fitting_page(
        partial(responses.ExportResponse.of_export, exported), exported.notifications
    )


@app.delete("/users/<user>", tags=["Users"], status_code=HTTPStatus.ACCEPTED)
def erase_user(user: str) -> responses.JobResponse:
    """Erase a user in the background; only counts and keyed hashes remain."""
    return responses.JobResponse.of(erase(ports(), user_of(user)))


@app.get("/jobs/<job_id>", tags=["Jobs"])
def get_job(job_id: str) -> responses.JobResponse:
    """Read the progress of a job."""
    return responses.JobResponse.of(jobs.get_job(ports(), job_id))


@app.get("/notifications/<notification_id>", tags=["Notifications"])
def get_notification(notification_id: str) -> responses.NotificationResponse:
    """Read a notification with its timeline."""
    notification = listing.get_notification(ports(), notification_id)
    return responses.NotificationResponse.of_notification(notification)


@app.post("/notifications/<notification_id>/cancel", tags=["Notifications"])
def cancel_notification(notification_id: str) -> responses.CancelResponse:
    """Cancel a notification, unless it has already been sent."""
    result, notification = cancel(ports(), notification_id)
    shown = responses.NotificationResponse.of_notification(notification)
    return responses.CancelResponse(result=result, notification=shown)


@app.get("/notifications/<notification_id>/explanation", tags=["Notifications"])
def explain_notification(notification_id: str) -> responses.ExplanationResponse:
    """Explain the decisions about a notification, and the next step to get it sent."""
    return responses.ExplanationResponse.of(explain.explain(ports(), notification_id))


@app.get("/openapi.json", include_in_schema=False)
def openapi() -> dict[str, Any]:
    """Describe this API."""
    return app.document()


initialise()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Handle an API Gateway REST proxy event."""
    return app.handle(event, context)
