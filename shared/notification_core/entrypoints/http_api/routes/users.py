"""The export and the erasure of a user."""

from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from typing import Any, ClassVar, Self

from pydantic import Field

from notification_core.domain.errors import NotFound
from notification_core.domain.jobs import JobKind
from notification_core.domain.notification import Notification
from notification_core.domain.paging import Page
from notification_core.entrypoints.http_api.answers import fitting_page
from notification_core.entrypoints.http_api.current_request import current_event, user_of
from notification_core.entrypoints.http_api.fields import ApiModel
from notification_core.entrypoints.http_api.identity import caller_of
from notification_core.entrypoints.http_api.notification_response import (
    NotificationList,
    NotificationResponse,
)
from notification_core.entrypoints.http_api.parameters import Limit, Next
from notification_core.entrypoints.http_api.records import RecordResponse
from notification_core.entrypoints.http_api.routes.jobs import JobResponse, started
from notification_core.entrypoints.http_api.routes.opt_outs import OptOutResponse
from notification_core.entrypoints.http_api.routes.user_settings import UserSettingsResponse
from notification_core.entrypoints.http_api.routing import NewId, Routes
from notification_core.runtime.wiring import ports
from notification_core.usecases.privacy.erasure import erase
from notification_core.usecases.privacy.export import Export, export

routes = Routes("Users")


class ExportResponse(ApiModel):
    """A page of a user's stored data; records, opt-out and settings are on the first page."""

    user: str
    records: list[RecordResponse] = Field(description="on the first page, all of them")
    opt_out: OptOutResponse | None = Field(description="on the first page, if it was ever set")
    settings: UserSettingsResponse | None = Field(description="on the first page, if any is set")
    notifications: list[NotificationResponse] = Field(description="newest first, in full")
    next: str | None = None

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "user": "ann",
        "records": [RecordResponse.EXAMPLE],
        "opt_out": OptOutResponse.EXAMPLE,
        "settings": UserSettingsResponse.EXAMPLE,
        "notifications": [NotificationResponse.EXAMPLE],
        "next": None,
    }

    @classmethod
    def of_export(cls, exported: Export, page: Page[Notification]) -> Self:
        """Return the response for a page of an export."""
        listed = NotificationList.of_page(page)
        return cls(
            user=exported.user,
            records=[RecordResponse.of(record) for record in exported.records],
            opt_out=OptOutResponse.of_opt_out(exported.opt_out) if exported.opt_out else None,
            settings=UserSettingsResponse.of(exported.settings) if exported.settings else None,
            notifications=listed.items,
            next=listed.next,
        )


@routes.get("/users/<user>/export", problems=[NotFound])
def export_user(user: str, limit: Limit = 50, next: Next = None) -> ExportResponse:
    """Read all stored data of a user."""
    exported = export(ports(), user_of(user), limit, next)
    return fitting_page(partial(ExportResponse.of_export, exported), exported.notifications)


@routes.delete(
    "/users/<user>",
    status=HTTPStatus.ACCEPTED,
    problems=[NotFound],
    new_id=NewId("job_id"),
    example=started(JobKind.ERASURE),
)
def erase_user(user: str) -> JobResponse:
    """Erase a user in the background; only counts and keyed hashes remain."""
    return JobResponse.of(erase(ports(), user_of(user), caller_of(current_event())))
