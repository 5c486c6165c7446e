"""The receivers of Django's signals: a change of a user is transferred after the commit."""

import logging
from collections.abc import Collection
from typing import Any

from django.contrib.auth import get_user_model

from notification_system.django import addresses, connection
from notification_system.django.addresses import Address, Wanted, synchronise, wanted_of
from notification_system.django.commits import after_commit
from notification_system.django.conf import AppSettings, app_settings
from notification_system.django.connection import client
from notification_system.django.failures import explained
from notification_system.errors import NotificationSystemError

logger = logging.getLogger("notification_system.django")

#: What to do after a failure: the command knows only the users that this project still has.
COMPARE = "Run: manage.py sync_notification_addresses"
SWITCH_OFF = "The user no longer exists: switch the addresses off, or erase the user."

#: The attribute of a user that is being saved: what it was before.
_BEFORE = "_notification_system_before"


def forget_settings(*, setting: str, **_: Any) -> None:
    """Read the settings again after a test has changed them."""
    if setting == "NOTIFICATION_SYSTEM":
        app_settings.cache_clear()
        connection.forget()
        addresses.forget()


def before_save(
    *,
    instance: Any,
    raw: bool = False,
    using: str | None = None,
    update_fields: Collection[str] | None = None,
    **_: Any,
) -> None:
    """Remember the addresses that a user had, if the save can change them."""
    if raw or not _is_synchronised_user(instance) or not _may_change(update_fields):
        return
    stored = None
    if not instance._state.adding:  # noqa: SLF001 - documented
        stored = _read(instance.pk, using)
    setattr(instance, _BEFORE, (None if stored is None else _wanted(stored),))


def after_save(*, instance: Any, using: str | None = None, **_: Any) -> None:
    """Transfer the user after the commit, if something has changed."""
    remembered = instance.__dict__.pop(_BEFORE, None)
    if remembered is None:
        return
    (before,) = remembered
    if before is not None and before == _wanted(instance):
        return
    after_commit(using, _transfer, instance.pk, before, using)


def before_delete(*, instance: Any, using: str | None = None, **_: Any) -> None:
    """Switch the addresses of a user off after the deletion has been committed."""
    if _is_synchronised_user(instance) and (before := _wanted(instance)) is not None:
        after_commit(using, _switch_off, before.user, before.addresses)


def _is_synchronised_user(instance: Any) -> bool:
    if not isinstance(instance, get_user_model()):
        return False
    configured = app_settings()
    has_sources = configured.addresses or configured.locale or configured.time_zone
    return bool(configured.sync_on_save and has_sources)


def _may_change(update_fields: Collection[str] | None) -> bool:
    """Return whether a save of these fields can change what is synchronised.

    A login saves only `last_login`, and costs no query here.
    """
    if update_fields is None:
        return True
    sources = list(_sources(app_settings()))
    follows = any(callable(source) or "." in source or "__" in source for source in sources)
    return follows or any(source in update_fields for source in sources)


def _sources(configured: AppSettings) -> list[Any]:
    others = (configured.user_id, configured.locale, configured.time_zone)
    return [*configured.addresses.values(), *(source for source in others if source is not None)]


def _wanted(user: Any) -> Wanted | None:
    """Return what the system should have of a user; None if the user has no id there.

    A user may get it later, such as with a profile, and can be saved and deleted without.
    """
    try:
        return wanted_of(user)
    except ValueError as error:
        logger.info("A user is not in sync: %s", error)
        return None


def _read(pk: Any, using: str | None) -> Any:
    manager = get_user_model()._base_manager  # noqa: SLF001 - documented: without filters
    return manager.using(using).filter(pk=pk).first()


def _transfer(pk: Any, before: Wanted | None, using: str | None) -> None:
    user = _read(pk, using)  # as it is now: a later save may have changed it again
    now = None if user is None else _wanted(user)
    if now is None:
        return
    if before is not None and before.user != now.user:
        _switch_off(before.user, before.addresses)
        before = None
    _try(now, before.addresses if before else ())


def _switch_off(user: str, addresses: tuple[Address, ...]) -> None:
    _try(Wanted(user), addresses, SWITCH_OFF)


def _try(wanted: Wanted, removed: tuple[Address, ...], remedy: str = COMPARE) -> None:
    try:
        result = synchronise(client(), wanted, removed=removed)
    except NotificationSystemError as error:
        logger.error(  # noqa: TRY400 - an expected error, whose traceback says nothing more
            "The addresses of user %s are not in sync: %s %s",
            wanted.user,
            explained(error),
            remedy,
        )
        return
    for problem in result.problems:
        logger.warning("An address is not in sync: %s", problem)
