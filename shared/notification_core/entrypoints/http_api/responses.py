"""What the API answers with."""

from typing import Any, Literal, Self

from pydantic import ConfigDict, Field

from notification_core.domain.addresses import Target
from notification_core.domain.consent import EVERYTHING, ConsentSource, OptOut
from notification_core.domain.jobs import JobKind, JobState
from notification_core.domain.modules import Module, PausedBy
from notification_core.domain.notification import Notification
from notification_core.domain.status import ConfirmationState, Status
from notification_core.entrypoints.http_api.fields import ApiModel, Time
from notification_core.ports import Page
from notification_core.runtime.clock import clock
from notification_core.usecases.privacy.export import Export
from notification_core.usecases.sending.cancel import CancelResult


class Response(ApiModel):
    """Built from an entity by its attributes."""

    model_config = ConfigDict(from_attributes=True)

    @classmethod
    def of(cls, entity: object, **more: Any) -> Self:
        """Return the answer for an entity; `more` replaces attributes."""
        names = cls.model_fields.keys() - more.keys()
        return cls(**{name: getattr(entity, name) for name in names}, **more)


class PauseResponse(Response):
    """Why nothing is sent through a target."""

    by: PausedBy = Field(description="`fault`: a probe resumes it; the others only a person")
    reason: str
    code: str = Field(description="the provider's code, of a fault or of reports")
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
        """Return the answer for a target and the module behind it, if that is deployed."""
        state = state_of(module)
        if module is None or module.pause is None:
            return cls.of(target, state=state, pause=None)
        docs_url = module.errors.link(module.pause.code)
        return cls.of(target, state=state, pause=PauseResponse.of(module.pause, docs_url=docs_url))


class DeactivationResponse(Response):
    """Why and when a provider's word switched a record off."""

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
    strikes: int = Field(description="notifications in a row that failed softly")
    created_at: Time
    updated_at: Time


class OptOutEntryResponse(Response):
    """One word of a user, and the evidence of it."""

    scope: str = Field(description="`everything`, `target:<id>` or `category:<name>`")
    active: bool = Field(description="true for a no, false for a yes")
    at: Time
    source: ConsentSource
    evidence: str = Field(description="the provider's id of it, or who signed the request")


class OptOutResponse(Response):
    """A NotificationOptOut: with no target and no category named, of everything."""

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
        """Return the answer for a ledger."""
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

    opted_out: int = Field(description="how many waiting notifications it ended")


class EventResponse(Response):
    """One entry of a timeline."""

    at: Time
    event: str
    detail: str
    code: str = Field(description="the provider's code, or a word such as `read-timeout`")


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
        """Return the answer for a notification whose content is loaded, or known to be lost."""
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
        default=None, description="token of the next page, which there may be behind an empty one"
    )

    @classmethod
    def of_page(cls, page: Page[Notification]) -> Self:
        """Return the answer for a page."""
        items = [NotificationResponse.of_notification(notification) for notification in page.items]
        return cls(items=items, next=page.next)


class ExportResponse(ApiModel):
    """A page of what is kept of a person; records and opt-out are on the first one."""

    user: str
    records: list[RecordResponse] = Field(description="on the first page, all of them")
    opt_out: OptOutResponse | None = Field(description="on the first page, if it was ever set")
    notifications: list[NotificationResponse] = Field(description="newest first, whole")
    next: str | None = None

    @classmethod
    def of_export(cls, exported: Export, page: Page[Notification]) -> Self:
        """Return the answer for a page of what was found."""
        listed = NotificationList.of_page(page)
        return cls(
            user=exported.user,
            records=[RecordResponse.of(record) for record in exported.records],
            opt_out=OptOutResponse.of_opt_out(exported.opt_out) if exported.opt_out else None,
            notifications=listed.items,
            next=listed.next,
        )


class CancelResponse(ApiModel):
    """The truth about a cancellation."""

    result: CancelResult
    notification: NotificationResponse


class DecisionResponse(Response):
    """One thing that was decided about a notification."""

    at: Time | None = Field(description="null for what holds now")
    topic: str = Field(description="consent, record, schedule, attempt, receipt, target or end")
    message: str
    code: str = Field(description="the provider's code, or a word such as `read-timeout`")
    docs_url: str | None = Field(description="where the provider explains the code")


class ExplanationResponse(Response):
    """What was decided about a notification, in order, and what would make it go."""

    id: str
    status: Status
    address: str | None = Field(description="shortened; null when its record was deleted")
    decisions: list[DecisionResponse]
    next_step: str

    @classmethod
    def of(cls, entity: object, **more: Any) -> Self:
        """Return the answer for an explanation."""
        decisions = [DecisionResponse.of(decision) for decision in getattr(entity, "decisions", ())]
        return super().of(entity, decisions=decisions, **more)


class JobResponse(Response):
    """Work in the background."""

    id: str
    kind: JobKind
    state: JobState
    dry_run: bool = Field(description="it only counts")
    counts: dict[str, int] = Field(description="what it has done so far, by what it was")
    error: str | None = Field(description="why it failed")
    created_at: Time
    updated_at: Time
