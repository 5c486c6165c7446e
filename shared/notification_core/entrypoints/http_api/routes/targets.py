"""Targets."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field

from notification_core.domain.addresses import Target
from notification_core.domain.errors import (
    NameTaken,
    NotFound,
    TargetInUse,
    UnknownModule,
    UnknownTarget,
)
from notification_core.domain.modules import Module, PausedBy
from notification_core.entrypoints.http_api.current_request import current_event
from notification_core.entrypoints.http_api.fields import (
    ApiModel,
    TargetName,
    Text,
    Time,
)
from notification_core.entrypoints.http_api.identity import caller_of
from notification_core.entrypoints.http_api.models import Patch, Request, Response
from notification_core.entrypoints.http_api.parameters import Limit, Next
from notification_core.entrypoints.http_api.routing import NewId, Routes
from notification_core.runtime.wiring import ports
from notification_core.usecases.administration import addresses, pause
from notification_core.usecases.queries import listing

routes = Routes("Targets")


class NewTarget(Request):
    """`POST /targets`."""

    name: TargetName
    notification_module_name: TargetName

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"name": "Receipts", "notification_module_name": "email"}


class TargetPatch(Patch):
    """`PATCH /targets/{id}`."""

    name: TargetName | None = None
    notification_module_name: TargetName | None = None

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"name": "Invoices"}


class PauseRequest(Request):
    """`POST /targets/{id}/pause`."""

    reason: Annotated[Text, Field(min_length=1, max_length=200)] | None = None

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"reason": "The provider has announced maintenance"}


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
    mandatory_categories: list[str] = Field(
        description="the categories that opt-outs do not hold back; empty if it is undeployed"
    )
    created_at: Time
    updated_at: Time

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "id": "1d2f7c52-8f5b-5a3a-9c39-8f6a1f6c2b10",
        "name": "Email",
        "notification_module_name": "email",
        "state": "active",
        "pause": None,
        "mandatory_categories": ["security"],
        "created_at": "2026-01-01T09:00:00.000Z",
        "updated_at": "2026-01-01T09:00:00.000Z",
    }

    @classmethod
    def of_target(cls, target: Target, module: Module | None) -> Self:
        """Return the response for a target and its module, if the module is deployed."""
        pause, categories = None, list[str]()
        if module is not None:
            categories = sorted(module.mandatory_categories)
            if module.pause is not None:
                docs_url = module.errors.link(module.pause.code)
                pause = PauseResponse.of(module.pause, docs_url=docs_url)
        return cls.of(target, state=state_of(module), pause=pause, mandatory_categories=categories)


#: A target that a person has paused.
PAUSED_EXAMPLE = {
    **TargetResponse.EXAMPLE,
    "state": "paused",
    "pause": {
        "by": "person",
        **PauseRequest.EXAMPLE,
        "code": "",
        "docs_url": None,
        "since": "2026-01-31T08:00:00.000Z",
    },
}


class TargetList(ApiModel):
    """A page of targets."""

    items: list[TargetResponse]
    next: str | None = None

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"items": [TargetResponse.EXAMPLE], "next": None}


@routes.get("/targets")
def list_targets(limit: Limit = 50, next: Next = None) -> TargetList:
    """List the targets."""
    page = listing.page_of(ports().targets.all(), limit, next)
    modules = {module.name: module for module in ports().modules.all()}
    items = [
        TargetResponse.of_target(target, modules.get(target.notification_module_name))
        for target in page.items
    ]
    return TargetList(items=items, next=page.next)


@routes.post(
    "/targets",
    status=HTTPStatus.CREATED,
    problems=[UnknownModule, NameTaken],
    new_id=NewId("target_id"),
)
def add_target(body: NewTarget) -> TargetResponse:
    """Add a target for a handler that is deployed."""
    module_name = body.notification_module_name
    target = addresses.add_target(ports(), name=body.name, module_name=module_name)
    return _shown(target)


@routes.get("/targets/<target_id>", problems=[NotFound])
def get_target(target_id: str) -> TargetResponse:
    """Read a target."""
    return _shown(addresses.get_target(ports(), target_id))


@routes.patch("/targets/<target_id>", problems=[NotFound, UnknownTarget, UnknownModule, NameTaken])
def change_target(target_id: str, body: TargetPatch) -> TargetResponse:
    """Change a target."""
    target = addresses.change_target(ports(), target_id, **body.changes())
    return _shown(target)


@routes.delete(
    "/targets/<target_id>", status=HTTPStatus.NO_CONTENT, problems=[NotFound, TargetInUse]
)
def remove_target(target_id: str) -> None:
    """Remove a target that no record points at."""
    addresses.remove_target(ports(), target_id)


@routes.post(
    "/targets/<target_id>/pause", problems=[NotFound, UnknownModule], example=PAUSED_EXAMPLE
)
def pause_target(target_id: str, body: PauseRequest | None = None) -> TargetResponse:
    """Pause a target; its notifications wait."""
    reason = body.reason if body else None
    return _shown(pause.pause_target(ports(), target_id, reason, caller_of(current_event())))


@routes.post("/targets/<target_id>/resume", problems=[NotFound, UnknownModule])
def resume_target(target_id: str) -> TargetResponse:
    """Resume a target, regardless of who paused it."""
    return _shown(pause.resume_target(ports(), target_id))


def _shown(target: Target) -> TargetResponse:
    module = ports().modules.get(target.notification_module_name)
    return TargetResponse.of_target(target, module)
