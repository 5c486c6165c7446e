"""The settings of users."""

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from notification_core.domain.errors import BeingErased, NotFound
from notification_core.entrypoints.http_api.current_request import user_of
from notification_core.entrypoints.http_api.fields import Locale, TimeZone
from notification_core.entrypoints.http_api.models import Request, Response
from notification_core.entrypoints.http_api.routing import Routes
from notification_core.runtime.wiring import ports
from notification_core.usecases.administration import user_settings

routes = Routes("Users")


class UserSettingsRequest(Request):
    """`PUT /users/{user}/settings`: all settings; an absent one is removed, as null."""

    locale: Locale | None = None
    time_zone: TimeZone | None = None

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"locale": "de-AT", "time_zone": "Europe/Vienna"}


class UserSettingsResponse(Response):
    """The settings of a user; a setting is null if it is not set."""

    user: str
    locale: str | None = Field(description="the language of templates, in its canonical form")
    time_zone: str | None = Field(description="the time zone of times in templates")

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "user": "ann",
        "locale": "de-AT",
        "time_zone": "Europe/Vienna",
    }


@routes.put("/users/<user>/settings", problems=[NotFound, BeingErased])
def set_user_settings(user: str, body: UserSettingsRequest) -> UserSettingsResponse:
    """Replace a user's settings: the language and the time zone of notifications."""
    settings = user_settings.set_user_settings(ports(), user_of(user), **body.model_dump())
    return UserSettingsResponse.of(settings)


@routes.get("/users/<user>/settings", problems=[NotFound])
def get_user_settings(user: str) -> UserSettingsResponse:
    """Read a user's settings."""
    return UserSettingsResponse.of(user_settings.get_user_settings(ports(), user_of(user)))
