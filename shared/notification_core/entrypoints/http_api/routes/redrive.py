"""The redrive of failed notifications."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, WithJsonSchema, model_validator

from notification_core.domain.addresses import MAX_ID
from notification_core.domain.errors import FieldError, UnknownTarget
from notification_core.domain.jobs import JobKind
from notification_core.domain.notification import MAX_RETRIES
from notification_core.domain.status import FAILED
from notification_core.domain.timeline import CODE_LENGTH
from notification_core.entrypoints.http_api.current_request import current_event
from notification_core.entrypoints.http_api.fields import (
    WHOLE,
    Flag,
    GivenStatus,
    GivenTime,
    TargetName,
    Text,
    status_schema,
)
from notification_core.entrypoints.http_api.identity import caller_of
from notification_core.entrypoints.http_api.models import Request
from notification_core.entrypoints.http_api.routes.jobs import JobResponse, started
from notification_core.entrypoints.http_api.routing import NewId, Routes
from notification_core.runtime.wiring import ports
from notification_core.usecases.sending.redrive import (
    DEFAULT_ATTEMPTS,
    DEFAULT_PER_SECOND,
    MAX_IDS,
    Redrive,
    redrive,
)

routes = Routes("Notifications")


FailedStatus = Annotated[GivenStatus, WithJsonSchema(status_schema(FAILED))]

REDRIVE_FILTERS = ("target", "error_code", "statuses", "since", "until")


class RedriveRequest(Request):
    """`POST /notifications/redrive`: failed notifications, selected by ids or by a filter.

    Name either `ids`, or at least one of `target`, `error_code`, `statuses`, `since` and `until`.
    """

    ids: (
        Annotated[
            list[Annotated[Text, Field(min_length=1, max_length=MAX_ID)]],
            Field(min_length=1, max_length=MAX_IDS),
        ]
        | None
    ) = None
    target: TargetName | None = None
    error_code: Annotated[Text, Field(min_length=1, max_length=CODE_LENGTH)] | None = None
    statuses: Annotated[list[FailedStatus], Field(min_length=1, max_length=3)] | None = None
    since: GivenTime | None = None
    until: GivenTime | None = None
    include_uncertain: Flag = False
    max_per_second: Annotated[float, Field(strict=True, gt=0, le=10_000)] = DEFAULT_PER_SECOND
    max_retries: Annotated[int, Field(strict=True, ge=1, le=MAX_RETRIES), WHOLE] = DEFAULT_ATTEMPTS
    dry_run: Flag = False

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"target": "Email", "dry_run": True}

    @classmethod
    def combination_errors(cls, fields: Mapping[str, Any]) -> Iterator[FieldError]:
        """Return the errors in the combination of fields that are not null, valid or not."""
        filtered = any(name in fields for name in REDRIVE_FILTERS)
        if filtered is ("ids" in fields):
            listed = ", ".join(REDRIVE_FILTERS)
            yield FieldError("request", f"name either ids, or at least one of {listed}")

    @model_validator(mode="after")
    def _has_a_valid_period(self) -> Self:
        if self.since is not None and self.until is not None and self.until < self.since:
            raise ValueError("until must not be before since")
        return self

    def redrive(self) -> Redrive:
        """Return the use case's input."""
        return Redrive(**{name: getattr(self, name) for name in RedriveRequest.model_fields})


@routes.post(
    "/notifications/redrive",
    status=HTTPStatus.ACCEPTED,
    problems=[UnknownTarget],
    new_id=NewId("job_id"),
    example={**started(JobKind.REDRIVE), "dry_run": True},
)
def redrive_notifications(body: RedriveRequest) -> JobResponse:
    """Retry failed notifications in the background, or only count them."""
    return JobResponse.of(redrive(ports(), body.redrive(), caller_of(current_event())))
