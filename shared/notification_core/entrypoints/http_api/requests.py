"""The requests of callers. Unknown fields are rejected by name."""

from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, SkipValidation, WithJsonSchema, model_validator

from notification_core.domain.addresses import MAX_ID
from notification_core.domain.notification import MAX_RETRIES, MAX_RETRY_TIME_INTERVAL
from notification_core.domain.status import FAILED, Status
from notification_core.domain.timeline import CODE_LENGTH
from notification_core.entrypoints.http_api.fields import (
    WHOLE,
    ApiModel,
    Body,
    Category,
    Description,
    Extra,
    Flag,
    GivenTime,
    Reference,
    TargetName,
    TargetUserId,
    Text,
    Title,
    UserId,
)
from notification_core.entrypoints.http_api.json_schema import changes, example, form, some
from notification_core.usecases.sending.builder import Draft
from notification_core.usecases.sending.redrive import (
    DEFAULT_ATTEMPTS,
    DEFAULT_PER_SECOND,
    MAX_IDS,
    Redrive,
)

MAX_BATCH = 100

IdempotencyKey = Annotated[Text, Field(min_length=1, max_length=255)]


class Request(ApiModel):
    """A JSON body."""

    model_config = ConfigDict(extra="forbid")


class Patch(Request):
    """A JSON body of changes; it contains at least one field, and none is null."""

    model_config = ConfigDict(json_schema_extra=changes)

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError(f"name at least one of {', '.join(type(self).model_fields)}")
        for name in self.model_fields_set:
            if getattr(self, name) is None:
                raise ValueError(f"{name} must not be null")
        return self

    def changes(self) -> dict[str, Any]:
        """Return the fields in the request."""
        return self.model_dump(exclude_unset=True)


class NewTarget(Request):
    """`POST /targets`."""

    model_config = example(name="Receipts", notification_module_name="email")

    name: TargetName
    notification_module_name: TargetName


class TargetPatch(Patch):
    """`PATCH /targets/{id}`."""

    name: TargetName | None = None
    notification_module_name: TargetName | None = None


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


class PauseRequest(Request):
    """`POST /targets/{id}/pause`."""

    reason: Annotated[Text, Field(min_length=1, max_length=200)] | None = None


class OptOutRequest(Request):
    """`PUT /opt-outs/{user}`: for the given targets and categories, or for everything."""

    active: Flag
    targets: Annotated[list[TargetName], Field(max_length=50)] = Field(default_factory=list)
    categories: Annotated[list[Category], Field(max_length=50)] = Field(default_factory=list)


class NewNotification(Request):
    """`POST /notifications`: for one record, or for a user's active records."""

    model_config = example(
        form(["target_user_record"], ["user", "targets"]),
        form(["user"], ["target_user_record"]),
        user="ann",
        title="Your table",
        body="It is ready.",
    )

    target_user_record: Annotated[Text, Field(min_length=1, max_length=128)] | None = None
    user: UserId | None = None
    targets: Annotated[list[TargetName], Field(min_length=1, max_length=100)] | None = None
    title: Title
    body: Body
    extra: Extra = Field(default_factory=dict)
    category: Category | None = None
    reference: Reference | None = None
    scheduled_delivery: GivenTime | None = None
    deliver_before: GivenTime | None = None
    retry_time_interval: (
        Annotated[int, Field(strict=True, ge=1, le=MAX_RETRY_TIME_INTERVAL), WHOLE] | None
    ) = None
    max_retries: Annotated[int, Field(strict=True, ge=1, le=MAX_RETRIES), WHOLE] | None = None

    @model_validator(mode="after")
    def _is_one_of_two_forms(self) -> Self:
        if (self.target_user_record is None) == (self.user is None):
            raise ValueError("name either target_user_record or user, and only one of them")
        if self.targets is not None and self.user is None:
            raise ValueError("targets goes with user")
        return self

    def draft(self, idempotency_key: str | None) -> Draft:
        """Return the use case's input."""
        fields = {name: getattr(self, name) for name in NewNotification.model_fields}
        return Draft(**fields, idempotency_key=idempotency_key)


class NewBatchItem(NewNotification):
    """One item of a batch."""

    idempotency_key: IdempotencyKey | None = None


FailedStatus = Annotated[Status, WithJsonSchema({"type": "string", "enum": sorted(FAILED)})]

REDRIVE_FILTERS = ("target", "error_code", "statuses", "since", "until")


class RedriveRequest(Request):
    """`POST /notifications/redrive`: failed notifications, selected by ids or by a filter."""

    model_config = example(
        form(["ids"], REDRIVE_FILTERS),
        some(REDRIVE_FILTERS, ["ids"]),
        target="Email",
        dry_run=True,
    )

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

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        filtered = any(getattr(self, name) is not None for name in REDRIVE_FILTERS)
        if filtered is (self.ids is not None):
            listed = ", ".join(REDRIVE_FILTERS)
            raise ValueError(f"name either ids, or at least one of {listed}")
        if self.since is not None and self.until is not None and self.until < self.since:
            raise ValueError("until must not be before since")
        return self

    def redrive(self) -> Redrive:
        """Return the use case's input."""
        return Redrive(**{name: getattr(self, name) for name in RedriveRequest.model_fields})


#: Items are validated one by one, so that an invalid item does not affect the others.
BatchItem = Annotated[NewBatchItem | Any, SkipValidation]


class NewBatch(Request):
    """`POST /notifications/batch`."""

    items: Annotated[list[BatchItem], Field(min_length=1, max_length=MAX_BATCH)]
