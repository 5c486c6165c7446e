"""Notifications that are sent after the transaction has been committed."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from notification_system.django import outbox
from notification_system.django.commits import after_commit
from notification_system.django.conf import app_settings, user_id
from notification_system.django.connection import client
from notification_system.django.failures import explained
from notification_system.errors import NoActiveRecords, NotificationSystemError, OptedOut
from notification_system.requests import NewNotification, new_key
from notification_system.results import NotificationSummary

logger = logging.getLogger("notification_system.django")

#: Fields of `NewNotification` that `notify` sets itself.
_OWN = frozenset({"user", "to", "target_user_record", "idempotency_key"})
_FIELDS = frozenset(NewNotification.__annotations__) - _OWN


@dataclass(slots=True)
class Notice:
    """What became of a call of `notify`. It is filled in after the commit.

    Attributes:
        user: the user's id in the system.
        idempotency_key: the key of the request.
        notifications: those that were created, one for each address.
        error: why none was created; None before the commit, and if all went well.
    """

    user: str
    idempotency_key: str
    notifications: Sequence[NotificationSummary] = field(default=())
    error: NotificationSystemError | None = None


def notify(  # noqa: PLR0913 - the fields that most calls use
    user: Any,
    *,
    title: str | None = None,
    body: str | None = None,
    targets: Sequence[str] | None = None,
    scheduled_delivery: datetime | None = None,
    template: str | None = None,
    data: Mapping[str, Any] | None = None,
    category: str | None = None,
    key: str | None = None,
    using: str | None = None,
    **others: Any,
) -> Notice:
    """Notify a user at each active address after the transaction has committed, or else at once.

    A request that fails, or that the API refuses, is logged and is the `error` of the result.

    Args:
        user: a user of this project, or an id in the system.
        title: one line, up to 256 characters. Lazy translations are translated now.
        body: text or, for e-mail, HTML.
        targets: names of targets, such as `["Email"]`. Default: all.
        scheduled_delivery: when to send. A naive time is in the current time zone.
        template: the name of a template, instead of title and body.
        data: the values for the template. Dates, decimals and UUIDs become texts.
        category: the subject, for opt-outs that name it.
        key: names the event, such as `order-21-shipped`. A call with the same key and content for
            the same user sends nothing new.
        using: the alias of the database whose transaction is meant.
        others: any other field of `NewNotification`, such as `content`.

    Raises:
        TypeError: a field is unknown, or a value cannot be written as JSON.
        ValueError: the user has no id.
        ImproperlyConfigured: the setting is missing or not valid.
    """
    texts = {"title": title, "body": body, "template": template, "data": data}
    rest = {"targets": targets, "scheduled_delivery": scheduled_delivery, "category": category}
    return _notify(user_id(user), key, using, texts | rest | others)


def _notify(user: str, key: str | None, using: str | None, fields: Mapping[str, Any]) -> Notice:
    if unknown := sorted(set(fields) - _FIELDS):
        raise TypeError(f"notify() has no argument {', '.join(unknown)}")
    given = {name: value for name, value in fields.items() if value is not None}
    item = _plain(given | {"user": user, "idempotency_key": _key(user, key)})
    notice = Notice(user, item["idempotency_key"])
    if app_settings().outbox:
        entry = outbox.add(item, using)
        send = partial(outbox.send, entry)
    else:
        send = partial(_send, item)
    after_commit(using, _complete, notice, send)
    return notice


def _key(user: str, key: str | None) -> str:
    """Return the idempotency key of an event and a user, or a random one."""
    if key is None:
        return f"django-{new_key()}"
    # Hashed, because a key may be longer than the API accepts.
    return "django-" + sha256(json.dumps([user, key]).encode()).hexdigest()


def _plain(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields as JSON values, so that what cannot be sent fails before the commit."""
    aware = {
        name: timezone.make_aware(value)
        if isinstance(value, datetime) and timezone.is_naive(value)
        else value
        for name, value in fields.items()
    }
    plain: dict[str, Any] = json.loads(json.dumps(aware, cls=DjangoJSONEncoder))
    return plain


def _send(item: Mapping[str, Any]) -> Sequence[NotificationSummary]:
    return client().send(**item)


def _complete(notice: Notice, send: Any) -> None:
    try:
        notice.notifications = send()
    except (OptedOut, NoActiveRecords) as error:
        notice.error = error
        logger.info("User %s is not notified: %s", notice.user, error)
    except NotificationSystemError as error:
        notice.error = error
        logger.error(  # noqa: TRY400 - an expected error, whose traceback says nothing more
            "The notification of user %s failed: %s%s", notice.user, explained(error), _later(error)
        )


def _later(error: NotificationSystemError) -> str:
    """Return what the outbox does with a notification that failed."""
    if not app_settings().outbox or outbox.is_final(error):
        return ""
    return " It stays in the outbox, and manage.py send_outbox sends it."
