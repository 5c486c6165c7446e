"""The users of this project whom the pages of the admin find and name."""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import FieldError, ValidationError
from django.db.models import Q

from notification_system.django.conf import app_settings, user_id

#: Users that a search shows.
MOST_USERS = 20

#: What may be a primary key in an id that a function has made: a UUID or a number.
PRIMARY_KEY = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d+", re.IGNORECASE)

#: What a query raises for a value or a name that it does not accept.
REJECTED = (FieldError, ValidationError, ValueError, TypeError, OverflowError)


def users_like(query: str) -> list[dict[str, str]]:
    """Return the users of this project that a search finds, as `{id, name}` of the system."""
    user_model: Any = get_user_model()
    names = {user_model.USERNAME_FIELD, user_model.get_email_field_name()}
    existing = names & {field.name for field in user_model._meta.get_fields()}  # noqa: SLF001
    condition = Q()
    for name in existing:
        condition |= Q(**{f"{name}__icontains": query})
    with suppress(*REJECTED):
        condition |= Q(pk=_primary_key(query))
    users = user_model._base_manager.filter(condition).order_by("pk")[:MOST_USERS]  # noqa: SLF001
    found = {user.pk: user for user in (*_with_id(query), *users)}
    named = []
    for user in found.values():
        with suppress(ValueError):  # a user without an id has no notifications
            named.append({"id": user_id(user), "name": str(user)})
    return named


def name_of(identifier: str) -> str:
    """Return `dora (1)` for a user's id in the system; the id alone if nobody here has it."""
    user = next(_with_id(identifier), None)
    return identifier if user is None else f"{user} ({identifier})"


def _with_id(identifier: str) -> Iterator[Any]:
    """Yield the user with an id of the system, if there is one."""
    user_model: Any = get_user_model()
    for condition in _conditions(identifier):
        with suppress(*REJECTED):
            user = user_model._base_manager.filter(**condition).first()  # noqa: SLF001
            if user is not None and user_id(user) == identifier:
                yield user
                return


def _conditions(identifier: str) -> Iterator[dict[str, Any]]:
    """Return what may select the user with an id.

    `USER_ID` may be a function, or a property, which no query can use. Then the primary keys that
    the id contains are tried.
    """
    source = app_settings().user_id
    if isinstance(source, str) and source != "pk" and "." not in source:
        yield {source: identifier}
    for text in dict.fromkeys([identifier, *PRIMARY_KEY.findall(identifier)]):
        with suppress(*REJECTED):
            yield {"pk": _primary_key(text)}


def _primary_key(text: str) -> Any:
    """Return a primary key. Raises one of `REJECTED` for what a database may refuse."""
    field = get_user_model()._meta.pk  # noqa: SLF001 - documented
    value = field.to_python(text)
    field.run_validators(value)
    return value
