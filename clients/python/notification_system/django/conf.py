"""The setting `NOTIFICATION_SYSTEM`."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ObjectDoesNotExist
from django.utils.module_loading import import_string

#: How a value of a user is found: the name of a field, names joined by `__` that lead over
#: relations, the dotted path of a function that takes the user, or such a function.
Source = str | Callable[[Any], Any]

#: The settings of which exactly one is needed.
PLACES = ("STACK", "API_URL", "LOCAL")


@dataclass(frozen=True, slots=True, kw_only=True)
class AppSettings:
    """The values of `NOTIFICATION_SYSTEM`, whose keys are these names in capital letters."""

    stack: str | None = None
    """The name of a stack on AWS, whose outputs the process may read."""
    api_url: str | None = None
    """The stack's output ApiUrl."""
    local: str | bool | None = None
    """True for the local stack, or the path of its stack.json."""
    region: str | None = None
    """The AWS region. Default: that of the URL or of the AWS configuration."""
    timeout: float = 10.0
    """Seconds to wait for a response."""
    retry_seconds: float = 15.0
    """Seconds within which a failed request is repeated."""
    user_id: Source = "pk"
    """The user's id in the system."""
    addresses: Mapping[str, Source] = field(default_factory=dict)
    """By the name of a target: the address of a user, or a list of addresses."""
    locale: Source | None = None
    """The language of a user's notifications, such as `de-at`."""
    time_zone: Source | None = None
    """The time zone of a user, such as `Europe/Vienna`."""
    sync_on_save: bool = True
    """Whether a change of a user is transferred after the commit."""
    email_target: str = "Email"
    """The target of `EmailBackend`."""
    email_category: str = "security"
    """The category of `EmailBackend`, which no opt-out may hold back."""
    outbox: bool = False
    """Whether notifications are kept in the database until they have been sent."""


TYPES: Mapping[str, tuple[type, ...]] = {
    "stack": (str,),
    "api_url": (str,),
    "local": (str, bool),
    "region": (str,),
    "timeout": (int, float),
    "retry_seconds": (int, float),
    "addresses": (Mapping,),
    "sync_on_save": (bool,),
    "email_target": (str,),
    "email_category": (str,),
    "outbox": (bool,),
}


def problems(value: Any) -> list[str]:
    """Return what is wrong with the setting, each in a sentence."""
    if not isinstance(value, Mapping):
        return ["NOTIFICATION_SYSTEM must be a dictionary, such as {'STACK': 'notifications'}."]
    found = []
    names = {part.name.upper() for part in fields(AppSettings)}
    found += [f"NOTIFICATION_SYSTEM has no key {key!r}." for key in value if key not in names]
    if len([place for place in PLACES if value.get(place)]) != 1:
        found.append(f"NOTIFICATION_SYSTEM needs exactly one of {', '.join(PLACES)}.")
    for name, types in TYPES.items():
        given = value.get(name.upper())
        if given is not None and not isinstance(given, types):
            wanted = " or ".join(kind.__name__ for kind in types)
            found.append(f"NOTIFICATION_SYSTEM[{name.upper()!r}] must be of type {wanted}.")
    return found + [
        problem for name, source in _sources(value) if (problem := _fault(name, source))
    ]


def _sources(value: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    for key in ("USER_ID", "LOCALE", "TIME_ZONE"):
        if value.get(key) is not None:
            yield key, value[key]
    addresses = value.get("ADDRESSES")
    if isinstance(addresses, Mapping):
        yield from ((f"ADDRESSES[{target!r}]", source) for target, source in addresses.items())


def _fault(name: str, source: Any) -> str:
    if callable(source) or (isinstance(source, str) and source.strip()):
        return ""
    return f"NOTIFICATION_SYSTEM: {name} must be the name of a field, or a function."


@cache
def app_settings() -> AppSettings:
    """Return the settings. Raises ImproperlyConfigured."""
    value = getattr(settings, "NOTIFICATION_SYSTEM", None)
    if value is None:
        raise ImproperlyConfigured(
            "The setting NOTIFICATION_SYSTEM is missing. Add, for the local stack: "
            "NOTIFICATION_SYSTEM = {'LOCAL': True}"
        )
    if found := problems(value):
        raise ImproperlyConfigured(" ".join(found))
    given = {key.lower(): item for key, item in value.items() if item is not None}
    return AppSettings(**given)


def value_of(user: Any, source: Source) -> Any:
    """Return the value of a user; None if a relation on the way has no object."""
    if callable(source):
        return source(user)
    if "." in source:
        return import_string(source)(user)
    value = user
    for name in source.split("__"):
        try:
            value = getattr(value, name)
        except ObjectDoesNotExist:
            return None
        if value is None:
            return None
    return value() if callable(value) else value


def user_id(user: Any) -> str:
    """Return the user's id in the system. A text or a number is the id itself.

    Raises:
        ValueError: the user has none, such as one that is not saved or an anonymous one.
    """
    value = user if isinstance(user, (str, int)) else value_of(user, app_settings().user_id)
    if value is None or str(value) == "":
        raise ValueError(f"{user!r} has no id. Save the user first.")
    return str(value)
