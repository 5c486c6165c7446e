"""Requests and responses about target user records."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Any, Self

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
from notification_core.entrypoints.http_api.json_schema import example
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

    model_config = example(user="ann", target="Email", target_user_id="ann@example.com")

    user: UserId
    target: TargetName
    target_user_id: TargetUserId
    description: Description = ""
    active: Flag = True


class RecordPatch(Patch):
    """`PATCH /target-user-records/{id}`."""

    target_user_id: TargetUserId | None = None
    description: Description | None = None
    active: Flag | None = None


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


class RecordList(ApiModel):
    """A page of target user records."""

    items: list[RecordResponse]
    next: str | None = None


#: Items are validated one by one, so that an invalid item does not affect the others.
RecordItem = Annotated[NewRecord | Any, SkipValidation]


class NewRecordBatch(Request):
    """`POST /target-user-records/batch`."""

    items: Annotated[list[RecordItem], Field(min_length=1, max_length=MAX_BATCH)]


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
