"""The responses of the API."""

from typing import Any, Literal, Self

from pydantic import ConfigDict, Field

from notification_core.domain.addresses import Target
from notification_core.domain.consent import EVERYTHING, ConsentSource, OptOut
from notification_core.domain.jobs import JobKind, JobState
from notification_core.domain.modules import Module, PausedBy
from notification_core.domain.notification import Notification
from notification_core.domain.paging import Page
from notification_core.domain.status import ConfirmationState, Status
from notification_core.entrypoints.http_api.fields import ApiModel, Time
from notification_core.runtime.clock import clock
from notification_core.usecases.privacy.export import Export
from notification_core.usecases.sending.cancel import CancelResult


class Response(ApiModel):
    """A response that is built from the attributes of an entity."""

    model_config = ConfigDict(from_attributes=True)

    @classmethod
    def of(cls, entity: object, **more: Any) -> Self:
        """Return the response for an entity; `more` replaces attributes."""
        names = cls.model_fields.keys() - more.keys()
        return cls(**{name: getattr(entity, name) for name in names}, **more)


class PauseResponse(Response):
    """The reason why a target sends nothing."""

    by: PausedBy = Field(description="`fault`: a probe resumes the target; otherwise only a person")
    reason: str
    code: str = Field(description="the provider's code, from a fault or from reports")
    docs_url: str | None = Field(description="where the provider explains the code")
    since: Time


State = Literal["active", "paused", "undeployed"]


def state_of(module: Module | None) -> State:
    """Return the state of a module's targets."""
    if module is None:
        return "undeployed"
    return "active" if module.pause is None else "paused"


class TargetResponse(Response):
    """A NotificationTarget."""

    id: str
    name: str
    notification_module_name: str
    state: State
    pause: PauseResponse | None
    created_at: Time
    updated_at: Time

    @classmethod
    def of_target(cls, target: Target, module: Module | None) -> Self:
        """Return the response for a target and its module, if the module is deployed."""
        state = state_of(module)
        if module is None or module.pause is None:
            return cls.of(target, state=state, pause=None)
        docs_url = module.errors.link(module.pause.code)
        return cls.of(target, state=state, pause=PauseResponse.of(module.pause, docs_url=docs_url))


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


class OptOutEntryResponse(Response):
    """One entry of a user's consent ledger, and its evidence."""

    scope: str = Field(description="`everything`, `target:<id>` or `category:<name>`")
    active: bool = Field(description="true for an opt-out, false for an opt-in")
    at: Time
    source: ConsentSource
    evidence: str = Field(
        description="the provider's message id, or the caller that signed the request"
    )


class OptOutResponse(Response):
    """A NotificationOptOut, of everything or of some targets and categories."""

    user: str
    active: bool
    everything: bool
    targets: list[str] = Field(description="ids")
    categories: list[str]
    entries: list[OptOutEntryResponse]
    created_at: Time
    updated_at: Time

    @classmethod
    def of_opt_out(cls, opt_out: OptOut, **more: Any) -> Self:
        """Return the response for a consent ledger."""
        named = [scope.partition(":") for scope in sorted(opt_out.scopes)]
        return cls.of(
            opt_out,
            everything=EVERYTHING in opt_out.scopes,
            targets=[name for kind, _, name in named if kind == "target"],
            categories=[name for kind, _, name in named if kind == "category"],
            entries=[OptOutEntryResponse.of(entry) for entry in opt_out.entries],
            **more,
        )


class OptOutSetResponse(OptOutResponse):
    """A NotificationOptOut that was just set."""

    opted_out: int = Field(description="number of waiting notifications that it ended")


class EventResponse(Response):
    """One entry of a timeline."""

    at: Time
    event: str
    detail: str
    code: str = Field(description="the provider's code, or a code such as `read-timeout`")


class LastErrorResponse(Response):
    """Why the latest attempt failed."""

    model_config = ConfigDict(populate_by_name=True)

    error_class: str = Field(serialization_alias="class")
    code: str
    message: str


class NotificationResponse(Response):
    """A Notification."""

    id: str
    user: str
    target: str = Field(description="the target's id")
    target_user_record: str
    title: str | None = Field(description="null where the content is lost")
    body: str | None = Field(description="null where the content is lost")
    extra: dict[str, Any] | None = Field(description="null where the content is lost")
    category: str | None
    reference: str | None = Field(description="the caller's own label")
    status: Status
    confirmation: ConfirmationState | None
    scheduled_delivery: Time
    attempted_delivery: Time | None
    deliver_before: Time | None
    retry_time_interval: int = Field(description="seconds")
    retry_attempts: int = Field(description="attempts that failed")
    max_retries: int = Field(description="attempts allowed, the first included")
    next_attempt: Time | None
    provider_message_id: str | None
    last_error: LastErrorResponse | None
    timeline: list[EventResponse]
    created_at: Time
    updated_at: Time

    @classmethod
    def of_notification(cls, notification: Notification) -> Self:
        """Return the response for a notification whose content is loaded, or known to be lost."""
        content, error = notification.content, notification.last_error
        return cls.of(
            notification,
            title=None if content.lost else content.title,
            body=None if content.lost else content.body,
            extra=None if content.lost else dict(content.extra),
            confirmation=notification.confirmation(clock()()),
            next_attempt=notification.due_at if notification.is_waiting else None,
            last_error=LastErrorResponse(
                error_class=error.error_class, code=error.code, message=error.message
            )
            if error
            else None,
            timeline=[EventResponse.of(event) for event in notification.timeline],
        )


class TargetList(ApiModel):
    """A page of targets."""

    items: list[TargetResponse]
    next: str | None = None


class RecordList(ApiModel):
    """A page of target user records."""

    items: list[RecordResponse]
    next: str | None = None


class NotificationList(ApiModel):
    """A page of notifications, newest first."""

    items: list[NotificationResponse]
    next: str | None = Field(
        default=None, description="token of the next page; an empty page may have one as well"
    )

    @classmethod
    def of_page(cls, page: Page[Notification]) -> Self:
        """Return the response for a page."""
        items = [NotificationResponse.of_notification(notification) for notification in page.items]
        return cls(items=items, next=page.next)


class ExportResponse(ApiModel):
    """A page of a user's stored data; records and opt-out are on the first page."""

    user: str
    records: list[RecordResponse] = Field(description="on the first page, all of them")
    opt_out: OptOutResponse | None = Field(description="on the first page, if it was ever set")
    notifications: list[NotificationResponse] = Field(description="newest first, in full")
    next: str | None = None

    @classmethod
    def of_export(cls, exported: Export, page: Page[Notification]) -> Self:
        """Return the response for a page of an export."""
        listed = NotificationList.of_page(page)
        return cls(
            user=exported.user,
            records=[RecordResponse.of(record) for record in exported.records],
            opt_out=OptOutResponse.of_opt_out(exported.opt_out) if exported.opt_out else None,
            notifications=listed.items,
            next=listed.next,
        )


class CancelResponse(ApiModel):
    """The actual result of a cancellation."""

    result: CancelResult
    notification: NotificationResponse


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

    @classmethod
    def of(cls, entity: object, **more: Any) -> Self:
        """Return the response for an explanation."""
        decisions = [DecisionResponse.of(decision) for decision in getattr(entity, "decisions", ())]
        return super().of(entity, decisions=decisions, **more)


class JobResponse(Response):
    """A background job."""

    id: str
    kind: JobKind
    state: JobState
    dry_run: bool = Field(description="the job only counts")
    counts: dict[str, int] = Field(description="the work done so far, by kind")
    error: str | None = Field(description="why the job failed")
    created_at: Time
    updated_at: Time
