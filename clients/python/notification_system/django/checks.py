"""The system checks. Those of the deployment send requests, and run with `check --deploy`."""

import warnings
from collections.abc import Iterable, Iterator
from typing import Any

import django
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Error
from django.core.checks import Warning as CheckWarning
from django.core.exceptions import FieldDoesNotExist
from django.utils.module_loading import import_string

from notification_system.django import conf
from notification_system.django.connection import client
from notification_system.django.failures import remedy, sentence
from notification_system.errors import ApiError, NotificationSystemError
from notification_system.results import Target

#: Selects these checks: `manage.py check --deploy --tag notifications`.
TAG = "notifications"

BACKENDS = (
    "notification_system.django.EmailBackend",
    "notification_system.django.mail.EmailBackend",
)


def check_settings(**_: Any) -> list[CheckMessage]:
    """Check the setting without requests."""
    value = getattr(settings, "NOTIFICATION_SYSTEM", None)
    if value is None:
        return [
            Error(
                "The setting NOTIFICATION_SYSTEM is missing.",
                hint="Add, for the local stack: NOTIFICATION_SYSTEM = {'LOCAL': True}",
                id="notification_system.E001",
            )
        ]
    if problems := conf.problems(value):
        return [Error(problem, id="notification_system.E002") for problem in problems]
    configured = conf.app_settings()
    messages: list[CheckMessage] = [
        Error(problem, id="notification_system.E003")
        for name, source in _field_names(configured)
        if (problem := _unknown_field(name, source))
    ]
    if not configured.addresses:
        messages.append(
            CheckWarning(
                "NOTIFICATION_SYSTEM has no ADDRESSES, so users have no addresses of this project.",
                hint="Add: 'ADDRESSES': {'Email': 'email'}",
                id="notification_system.W001",
            )
        )
    return messages


def _field_names(configured: conf.AppSettings) -> Iterator[tuple[str, str]]:
    """Yield the sources that are names, by the key that has them."""
    named = {
        "USER_ID": configured.user_id,
        "LOCALE": configured.locale,
        "TIME_ZONE": configured.time_zone,
    } | {f"ADDRESSES[{target!r}]": source for target, source in configured.addresses.items()}
    yield from ((key, source) for key, source in named.items() if isinstance(source, str))


def _unknown_field(key: str, source: str) -> str:
    """Return what is wrong with the name of a field or of a function; empty if nothing."""
    user_model: Any = get_user_model()
    if "." in source:
        try:
            import_string(source)
        except ImportError as error:
            return f"NOTIFICATION_SYSTEM: {key} is {source!r}: {error}"
        return ""
    name = source.split("__", maxsplit=1)[0]
    if hasattr(user_model, name):
        return ""
    try:
        user_model._meta.get_field(name)  # noqa: SLF001 - documented
    except FieldDoesNotExist:
        label = user_model._meta.label  # noqa: SLF001 - documented
        return f"NOTIFICATION_SYSTEM: {key} is {source!r}, but {label} has no field {name!r}."
    return ""


def check_deployment(**_: Any) -> list[CheckMessage]:
    """Check that the API responds, that it has the targets, and that the category is mandatory."""
    if any(message.is_serious() for message in check_settings()):
        return []  # they are reported already
    try:
        targets = list(client().targets())
    except NotificationSystemError as error:
        failure = "refused a request" if isinstance(error, ApiError) else "cannot be reached"
        return [
            Error(
                f"The notification system {failure}: {sentence(error)}",
                hint=remedy(error) or None,
                id="notification_system.E004",
            )
        ]
    configured = conf.app_settings()
    return [*_unknown_targets(configured, targets), *_held_back(configured, targets)]


def _unknown_targets(
    configured: conf.AppSettings, targets: Iterable[Target]
) -> Iterator[CheckMessage]:
    known = {name for target in targets for name in (target.name, target.id)}
    wanted = list(configured.addresses)
    if _sends_mail():
        wanted.append(configured.email_target)
    for name in dict.fromkeys(wanted):
        if name not in known:
            names = ", ".join(sorted(target.name for target in targets)) or "none"
            yield Error(
                f"The notification system has no target {name!r}.",
                hint=f"Its targets are: {names}.",
                id="notification_system.E005",
            )


def _sends_mail() -> bool:
    """Return whether the project sends e-mails with `EmailBackend`."""
    mailers = getattr(settings, "MAILERS", None)
    if mailers is not None and django.VERSION >= (6, 1):
        return any(mailer.get("BACKEND") in BACKENDS for mailer in mailers.values())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # from Django 6.1 on, the setting is deprecated
        return settings.EMAIL_BACKEND in BACKENDS


def _held_back(configured: conf.AppSettings, targets: Iterable[Target]) -> Iterator[CheckMessage]:
    """Check that opt-outs do not hold back e-mails such as password resets."""
    if not _sends_mail():
        return
    for target in targets:
        named = configured.email_target in {target.name, target.id}
        if named and configured.email_category not in target.mandatory_categories:
            mandatory = ", ".join(target.mandatory_categories) or "none"
            yield Error(
                f"EMAIL_CATEGORY is {configured.email_category!r}, which is not a mandatory "
                "category, so an opt-out would hold back password resets.",
                hint=f"Mandatory are: {mandatory}. They are declared in configuration.json.",
                id="notification_system.E006",
            )
