"""Target user records: the addresses of users."""

from http import HTTPStatus

from notification_core.domain.errors import (
    BeingErased,
    NotFound,
    RecordExists,
    UnknownModule,
    UnknownRecord,
    UnknownTarget,
)
from notification_core.entrypoints.http_api.parameters import Limit, Next, User
from notification_core.entrypoints.http_api.records import (
    NewRecord,
    NewRecordBatch,
    RecordBatchResponse,
    RecordList,
    RecordPatch,
    RecordResponse,
    register_batch,
)
from notification_core.entrypoints.http_api.routing import NewId, Routes
from notification_core.runtime.wiring import ports
from notification_core.usecases.administration import addresses
from notification_core.usecases.queries import listing

routes = Routes("Target user records")


@routes.get("/target-user-records")
def list_records(
    user: User,
    limit: Limit = 50,
    next: Next = None,
) -> RecordList:
    """List a user's addresses."""
    page = listing.page_of(ports().records.list_by_user(user), limit, next)
    items = [RecordResponse.of(record) for record in page.items]
    return RecordList(items=items, next=page.next)


@routes.post(
    "/target-user-records",
    status=HTTPStatus.CREATED,
    problems=[UnknownTarget, UnknownModule, RecordExists, BeingErased],
    new_id=NewId("record_id"),
)
def add_record(body: NewRecord) -> RecordResponse:
    """Add a user's address in a target."""
    return RecordResponse.of(addresses.add_record(ports(), **body.model_dump()))


@routes.post("/target-user-records/batch")
def add_records(body: NewRecordBatch) -> RecordBatchResponse:
    """Add up to 100 addresses at once; an invalid item does not affect the others."""
    return register_batch(ports(), body)


@routes.get("/target-user-records/<record_id>", problems=[NotFound])
def get_record(record_id: str) -> RecordResponse:
    """Read an address."""
    return RecordResponse.of(addresses.get_record(ports(), record_id))


@routes.patch(
    "/target-user-records/<record_id>",
    problems=[NotFound, UnknownRecord, UnknownModule, RecordExists, BeingErased],
)
def change_record(record_id: str, body: RecordPatch) -> RecordResponse:
    """Change an address, or deactivate or activate it."""
    record = addresses.change_record(ports(), record_id, **body.changes())
    return RecordResponse.of(record)


@routes.delete(
    "/target-user-records/<record_id>", status=HTTPStatus.NO_CONTENT, problems=[NotFound]
)
def remove_record(record_id: str) -> None:
    """Remove an address; notifications that wait for it end as INACTIVE DEVICE."""
    addresses.remove_record(ports(), record_id)
