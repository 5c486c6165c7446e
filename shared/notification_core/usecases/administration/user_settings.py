"""Read and change the settings of a user."""

from typing import Protocol

from notification_core.domain.errors import BeingErased
from notification_core.domain.user_settings import UserSettings, check_time_zone, checked_locale
from notification_core.ports import HasOptOuts, HasUserSettings


class UserSettingsPorts(HasOptOuts, HasUserSettings, Protocol):
    """The ports that these use cases need."""


def get_user_settings(ports: HasUserSettings, user: str) -> UserSettings:
    """Return a user's settings; they are empty if none are stored.

    Raises:
        InvalidInput: `user` is not a valid user id.
    """
    empty = UserSettings(user=user)
    return ports.user_settings.get([user]).get(user, empty)


def set_user_settings(
    ports: UserSettingsPorts, user: str, *, locale: str | None, time_zone: str | None
) -> UserSettings:
    """Replace all settings of a user, and return them; None removes a setting.

    Raises:
        BeingErased: the user is being erased, and the settings would remain.
        InvalidInput: the user id, the locale or the time zone is not valid.
    """
    if time_zone is not None:
        check_time_zone(time_zone)
    settings = UserSettings(
        user=user,
        locale=None if locale is None else checked_locale(locale),
        time_zone=time_zone,
    )
    opt_out = ports.opt_outs.get([user]).get(user)
    if opt_out is not None and opt_out.is_being_erased:
        raise BeingErased("the user is being erased; store settings again when that job is done")
    ports.user_settings.put(settings)
    return settings
