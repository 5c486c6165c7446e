"""Requests and responses of imports."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, SkipValidation, ValidationError, WithJsonSchema

from notification_core.domain.errors import FieldError
from notification_core.domain.imports import (
    ENDINGS,
    ImportedNotification,
    ImportedOptOut,
    ImportedRecord,
    ImportKind,
    ImportOutcome,
    ImportResult,
    UndoResult,
)
from notification_core.domain.notification import MAX_RETRIES, MAX_RETRY_TIME_INTERVAL
from notification_core.domain.status import WAITING, Status
from notification_core.entrypoints.http_api.fields import (
    WHOLE,
    ApiModel,
    Description,
    Extra,
    Flag,
    GivenStatus,
    GivenTime,
    NonBlank,
    TargetName,
    TargetUserId,
    Text,
    UserId,
    status_schema,
)
from notification_core.entrypoints.http_api.models import Request
from notification_core.entrypoints.http_api.problems import Problem, problem_of, problem_of_input
from notification_core.ports import Ports
from notification_core.usecases.imports.batch import (
    Imported,
    check_batch,
    import_batch,
    undo_batch,
)

MAX_BATCH = 100

SOURCE = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")

#: The statuses that another system may have. The others exist only while this system sends.
IMPORTABLE = WAITING | ENDINGS.keys()


def _must_be_importable(status: Status) -> Status:
    if status not in IMPORTABLE:
        raise ValueError(f"must be one of {', '.join(sorted(IMPORTABLE))}")
    return status


def _must_be_a_source(text: str) -> str:
    if not SOURCE.fullmatch(text):
        raise ValueError(
            "must be 1 to 64 lowercase letters, digits, dots and hyphens, and begin with a letter "
            "or a digit, such as django-notification-system"
        )
    return text


Source = Annotated[
    Text,
    AfterValidator(_must_be_a_source),
    Field(
        description="the other system; with `kind` and `key` it identifies an item for ever",
        json_schema_extra={"pattern": f"^{SOURCE.pattern}$"},
    ),
]
Key = Annotated[NonBlank, Field(max_length=128)]
ImportableStatus = Annotated[
    GivenStatus,
    AfterValidator(_must_be_importable),
    WithJsonSchema(status_schema(IMPORTABLE)),
]
Count = Annotated[int, Field(strict=True, ge=0, le=MAX_RETRIES), WHOLE]


class RecordItem(Request):
    """A target user record of another system; `target` by name or id."""

    kind: Literal[ImportKind.RECORD]
    key: Key
    user: UserId
    target: TargetName
    target_user_id: TargetUserId
    description: Description = ""
    active: Flag = True
    created_at: GivenTime | None = None

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "kind": "record",
        "key": "17",
        "user": "7",
        "target": "Email",
        "target_user_id": "ann@example.com",
        "created_at": "2021-03-01T10:00:00Z",
    }

    def item(self) -> ImportedRecord:
        """Return the use case's input."""
        return ImportedRecord(**self.model_dump(exclude={"kind"}))


class OptOutItem(Request):
    """An opt-out of everything in another system; `at` is when it was made there."""

    kind: Literal[ImportKind.OPT_OUT]
    key: Key
    user: UserId
    at: GivenTime

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "kind": "opt_out",
        "key": "3",
        "user": "8",
        "at": "2020-05-06T07:08:09Z",
    }

    def item(self) -> ImportedOptOut:
        """Return the use case's input."""
        return ImportedOptOut(**self.model_dump(exclude={"kind"}))


class NotificationItem(Request):
    """A notification of another system; `target_user_record` is the record's id here."""

    kind: Literal[ImportKind.NOTIFICATION]
    key: Key
    target_user_record: Annotated[Text, Field(min_length=1, max_length=128)]
    title: Annotated[Text, Field(max_length=256)]
    body: Text
    extra: Extra = Field(default_factory=dict)
    status: ImportableStatus
    scheduled_delivery: GivenTime
    attempted_delivery: GivenTime | None = None
    retry_time_interval: (
        Annotated[int, Field(strict=True, ge=1, le=MAX_RETRY_TIME_INTERVAL), WHOLE] | None
    ) = Field(default=None, description="seconds; 60 if it is left out")
    retry_attempts: Count | None = Field(default=None, description="attempts that failed there")
    max_retries: Annotated[int, Field(strict=True, ge=1, le=MAX_RETRIES), WHOLE] | None = None
    created_at: GivenTime | None = None

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "kind": "notification",
        "key": "f6d3",
        "target_user_record": "b7f6c7f0-3f6e-4c55-8f0f-2f8a1c9d7e42",
        "title": "Your table",
        "body": "It is ready.",
        "status": "DELIVERED",
        "scheduled_delivery": "2021-03-01T10:00:00Z",
        "attempted_delivery": "2021-03-01T10:00:30Z",
    }

    def item(self) -> ImportedNotification:
        """Return the use case's input."""
        fields = self.model_dump(exclude={"kind"}) | {
            "retry_time_interval": self.retry_time_interval or 60,
            "retry_attempts": self.retry_attempts or 0,
            "max_retries": self.max_retries or 3,
        }
        return ImportedNotification(**fields)


_MODELS: Mapping[ImportKind, type[RecordItem | OptOutItem | NotificationItem]] = {
    ImportKind.RECORD: RecordItem,
    ImportKind.OPT_OUT: OptOutItem,
    ImportKind.NOTIFICATION: NotificationItem,
}


class _OfSomeKind(ApiModel):
    """An item whose other fields are not read yet."""

    kind: ImportKind


AnyItem = Annotated[RecordItem | OptOutItem | NotificationItem, Field(discriminator="kind")]


class ImportBatch(Request):
    """`POST /imports/batch`. Items are validated one by one."""

    source: Source
    items: Annotated[
        list[Annotated[AnyItem, SkipValidation]], Field(min_length=1, max_length=MAX_BATCH)
    ]
    dry_run: Flag | None = Field(
        default=None, description="only check the items, each by itself, and store nothing"
    )

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "source": "django-notification-system",
        "items": [OptOutItem.EXAMPLE, RecordItem.EXAMPLE],
    }


class ImportItemResponse(ApiModel):
    """The result of an item; `problem` says why it is skipped or invalid."""

    result: ImportResult
    id: str | None = Field(description="of the entity here; of an opt-out, the user's id")
    problem: Problem | None


class ImportBatchResponse(ApiModel):
    """The results of an import in the order sent."""

    items: list[ImportItemResponse]

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "items": [
            {"result": "imported", "id": "8", "problem": None},
            {"result": "unchanged", "id": "b7f6c7f0-3f6e-4c55-8f0f-2f8a1c9d7e42", "problem": None},
        ]
    }

    @classmethod
    def of_outcomes(cls, outcomes: Sequence[ImportOutcome | Problem]) -> Self:
        """Return the response for the outcomes of the items, and the problems of invalid ones."""
        return cls(items=[_response(outcome) for outcome in outcomes])


class UndoItem(Request):
    """An item whose import is undone; an opt-out needs its `user`."""

    kind: ImportKind
    key: Key
    user: UserId | None = None

    @classmethod
    def combination_errors(cls, fields: Mapping[str, Any]) -> Iterator[FieldError]:
        """Return the errors in the combination of fields that are not null, valid or not."""
        if fields.get("kind") == ImportKind.OPT_OUT and "user" not in fields:
            yield FieldError("user", "is required for an opt-out")

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"kind": "opt_out", "key": "3", "user": "8"}


class UndoBatch(Request):
    """`POST /imports/undo`."""

    source: Source
    items: Annotated[list[UndoItem], Field(min_length=1, max_length=MAX_BATCH)]

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "source": "django-notification-system",
        "items": [UndoItem.EXAMPLE, {"kind": "record", "key": "17"}],
    }


class UndoBatchResponse(ApiModel):
    """The results of an undo in the order sent."""

    items: list[UndoResult]

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"items": ["removed", "changed_since"]}


def import_items(ports: Ports, batch: ImportBatch) -> ImportBatchResponse:
    """Import the valid items and describe the problems of the others, in the order sent."""
    read = [_read(item) for item in batch.items]
    valid = [item for item in read if not isinstance(item, Problem)]
    importing = check_batch if batch.dry_run else import_batch
    outcomes = iter(importing(ports, batch.source, valid))
    return ImportBatchResponse.of_outcomes(
        [item if isinstance(item, Problem) else next(outcomes) for item in read]
    )


def undo_items(ports: Ports, batch: UndoBatch) -> UndoBatchResponse:
    """Undo the import of items."""
    items = [(item.kind, item.key, item.user or "") for item in batch.items]
    return UndoBatchResponse(items=undo_batch(ports, batch.source, items))


def _read(item: Any) -> Imported | Problem:
    try:
        kind = _OfSomeKind.model_validate(item).kind
        return _MODELS[kind].model_validate(item).item()
    except ValidationError as error:
        return problem_of_input([dict(detail) for detail in error.errors()])


def _response(outcome: ImportOutcome | Problem) -> ImportItemResponse:
    if isinstance(outcome, Problem):
        return ImportItemResponse(result=ImportResult.INVALID, id=None, problem=outcome)
    problem = None if outcome.error is None else problem_of(outcome.error)
    return ImportItemResponse(result=outcome.result, id=outcome.id, problem=problem)
