"""Opt-outs."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any, ClassVar, Self

from aws_lambda_powertools.event_handler import Response as HttpResponse
from pydantic import Field

from notification_core.domain.consent import ConsentSource, OptOut
from notification_core.domain.consent_scopes import EVERYTHING
from notification_core.domain.errors import NotFound, UnknownTarget
from notification_core.domain.jobs import JobKind
from notification_core.entrypoints.http_api.current_request import current_event, user_of
from notification_core.entrypoints.http_api.fields import Category, Flag, TargetName, Time
from notification_core.entrypoints.http_api.identity import caller_of
from notification_core.entrypoints.http_api.models import Request, Response
from notification_core.entrypoints.http_api.routes.jobs import JobResponse, started
from notification_core.entrypoints.http_api.routing import NewId, Reply, Routes
from notification_core.runtime.wiring import ports
from notification_core.usecases.consent import opt_out
from notification_core.usecases.consent.suppression import record_api_consent

routes = Routes("Opt-outs")


LATER = "The user has many notifications: none is sent after this job has finished"


class OptOutRequest(Request):
    """`PUT /opt-outs/{user}`: for the given targets and categories, or for everything."""

    active: Flag
    targets: Annotated[list[TargetName], Field(max_length=50)] = Field(default_factory=list)
    categories: Annotated[list[Category], Field(max_length=50)] = Field(default_factory=list)

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"active": True, "categories": ["marketing"]}


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

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "user": "ann",
        "active": True,
        "everything": False,
        "targets": [],
        "categories": ["marketing"],
        "entries": [
            {
                "scope": "category:marketing",
                "active": True,
                "at": "2026-01-31T10:00:00.000Z",
                "source": "api",
                "evidence": "arn:aws:iam::123456789012:user/shop",
            }
        ],
        "created_at": "2026-01-31T10:00:00.000Z",
        "updated_at": "2026-01-31T10:00:00.000Z",
    }

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

    EXAMPLE: ClassVar[Mapping[str, Any]] = {**OptOutResponse.EXAMPLE, "opted_out": 2}


@routes.put(
    "/opt-outs/<user>",
    problems=[NotFound, UnknownTarget],
    replies={
        HTTPStatus.OK: Reply(OptOutSetResponse),
        HTTPStatus.ACCEPTED: Reply(JobResponse, LATER, NewId("job_id"), started(JobKind.OPT_OUT)),
    },
)
def set_opt_out(user: str, body: OptOutRequest) -> HttpResponse[OptOutSetResponse | JobResponse]:
    """Opt a user out or in, of everything or in part. After 200, no further messages are sent."""
    change = record_api_consent(
        ports(),
        user_of(user),
        opt_out.scopes_of(ports(), body.targets, body.categories),
        active=body.active,
        evidence=caller_of(current_event()),
    )
    return HttpResponse(
        status_code=HTTPStatus.OK if change.job is None else HTTPStatus.ACCEPTED,
        content_type="application/json",
        body=OptOutSetResponse.of_opt_out(change.opt_out, opted_out=change.ended)
        if change.job is None
        else JobResponse.of(change.job),
    )


@routes.get("/opt-outs/<user>", problems=[NotFound])
def get_opt_out(user: str) -> OptOutResponse:
    """Read a user's opt-outs, and their sources."""
    return OptOutResponse.of_opt_out(opt_out.get_opt_out(ports(), user_of(user)))
