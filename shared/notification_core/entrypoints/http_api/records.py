"""Requests and responses about target user records."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, SkipValidation, ValidationError

from notification_core.domain.errors import NotificationError
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
from notification_core.entrypoints.http_api.problems import Problem, problem_of, problem_of_input
from notification_core.usecases.administration.registration import (
    NewAddress,
    Registration,
    RegistrationPorts,
    register_all,
)

MAX_BATCH = 100


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


#: Items are validated one by one, so that an invalid item does not affect the others.
RecordItem = Annotated[NewRecord, SkipValidation]


class NewRecordBatch(Request):
    """`POST /target-user-records/batch`."""

    items: Annotated[list[RecordItem], Field(min_length=1, max_length=MAX_BATCH)]

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "items": [NewRecord.EXAMPLE, {**NewRecord.EXAMPLE, "user": "bob"}]
    }


class RecordBatchItemResponse(ApiModel):
    """The result of one item: a `record`, or a `problem`; the other one is null."""

    status: int = Field(description="200 if the user already had the address in the target")
    record: RecordResponse | None
    problem: Problem | None

    @classmethod
    def of(cls, result: Registration | NotificationError | Problem) -> Self:
        """Return the response for one item."""
        if isinstance(result, NotificationError):
            result = problem_of(result)
        if isinstance(result, Problem):
            return cls(status=result.status, record=None, problem=result)
        status = HTTPStatus.CREATED if result.created else HTTPStatus.OK
        return cls(status=status, record=RecordResponse.of(result.record), problem=None)


class RecordBatchResponse(ApiModel):
    """The results of a batch in the order sent."""

    items: list[RecordBatchItemResponse]

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "items": [{"status": 201, "record": RecordResponse.EXAMPLE, "problem": None}]
    }


def register_batch(ports: RegistrationPorts, batch: NewRecordBatch) -> RecordBatchResponse:
    """Register the valid items and describe the problems of the others, in the order sent."""
    read = [_read(item) for item in batch.items]
    results = iter(register_all(ports, [item for item in read if isinstance(item, NewAddress)]))
    answers: Sequence[Registration | NotificationError | Problem] = [
        next(results) if isinstance(item, NewAddress) else item for item in read
    ]
    return RecordBatchResponse(items=[RecordBatchItemResponse.of(answer) for answer in answers])


def _read(item: Any) -> NewAddress | Problem:
    try:
        valid = NewRecord.model_validate(item)
    except ValidationError as error:
        return problem_of_input([dict(detail) for detail in error.errors()])
    return NewAddress(**valid.model_dump())
