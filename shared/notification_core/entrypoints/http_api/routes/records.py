"""Target user records: the addresses of users."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar

from pydantic import Field

from notification_core.domain.errors import (
    BeingErased,
    NotFound,
    RecordExists,
    UnknownModule,
    UnknownRecord,
    UnknownTarget,
)
from notification_core.entrypoints.http_api.fields import (
    ApiModel,
    Description,
    Flag,
    TargetName,
    TargetUserId,
    Time,
    UserId,
)
from notification_core.entrypoints.http_api.models import Patch, Request, Response
from notification_core.entrypoints.http_api.parameters import Limit, Next, User
from notification_core.entrypoints.http_api.routing import NewId, Routes
from notification_core.runtime.wiring import ports
from notification_core.usecases.administration import addresses
from notification_core.usecases.queries import listing

routes = Routes("Target user records")


class NewRecord(Request):
    """`POST /target-user-records`; `target` by name or id."""

    user: UserId
    target: TargetName
    target_user_id: TargetUserId
    description: Description = ""
    active: Flag = True

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "user": "ann",
        "target": "Email",
        "target_user_id": "ann@example.com",
    }


class RecordPatch(Patch):
    """`PATCH /target-user-records/{id}`."""

    target_user_id: TargetUserId | None = None
    description: Description | None = None
    active: Flag | None = None

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"active": True, "description": "at work"}


class DeactivationResponse(Response):
    """Why and when a provider's response deactivated a record."""

    reason: str
    code: str
    at: Time


class RecordResponse(Response):
    """A TargetUserRecord."""

    id: str
    user: str
    target: str = Field(description="the target's id")
    target_user_id: str
    description: str
    active: bool
    deactivation: DeactivationResponse | None
    strikes: int = Field(description="consecutive notifications that failed softly")
    created_at: Time
    updated_at: Time

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "id": "b7f6c7f0-3f6e-4c55-8f0f-2f8a1c9d7e42",
        "user": "ann",
        "target": "1d2f7c52-8f5b-5a3a-9c39-8f6a1f6c2b10",
        "target_user_id": "ann@example.com",
        "description": "",
        "active": True,
        "deactivation": None,
        "strikes": 0,
        "created_at": "2026-01-30T10:00:00.000Z",
        "updated_at": "2026-01-30T10:00:00.000Z",
    }


class RecordList(ApiModel):
    """A page of target user records."""

    items: list[RecordResponse]
    next: str | None = None

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"items": [RecordResponse.EXAMPLE], "next": None}


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
