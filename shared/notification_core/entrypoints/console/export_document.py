"""The export of a user as JSON, in the shape of the API's `GET /users/{user}/export`.

The API's models need pydantic, which the console's function does not have. A test compares both.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from notification_core.domain.addresses import TargetUserRecord
from notification_core.domain.consent import OptOut
from notification_core.domain.consent_scopes import EVERYTHING
from notification_core.domain.notification import Notification
from notification_core.usecases.privacy.export import Export

RECORD = (
    "id",
    "user",
    "target",
    "target_user_id",
    "description",
    "active",
    "strikes",
    "created_at",
    "updated_at",
)
NOTIFICATION = (
    "id",
    "user",
    "target",
    "target_user_record",
    "category",
    "reference",
    "status",
    "scheduled_delivery",
    "attempted_delivery",
    "deliver_before",
    "retry_time_interval",
    "retry_attempts",
    "max_retries",
    "provider_message_id",
    "created_at",
    "updated_at",
)
SMS = ("encoding", "segments", "units", "characters")
EVENT = ("at", "event", "detail", "code")
ENTRY = ("scope", "active", "at", "source", "evidence")


def document_of(
    first: Export, notifications: Iterable[Notification], now: datetime
) -> dict[str, Any]:
    """Return the export that begins with this page and has these notifications.

    The times in it are datetimes, which `to_json` writes.
    """
    settings = first.settings
    return {
        "user": first.user,
        "records": [_record(record) for record in first.records],
        "opt_out": _opt_out(first.opt_out) if first.opt_out else None,
        "settings": _fields(settings, ["user", "locale", "time_zone"]) if settings else None,
        "notifications": [_notification(notification, now) for notification in notifications],
        "next": None,
    }


def to_json(value: Mapping[str, Any]) -> str:
    """Return JSON for people and programs, with times as the API writes them."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=_time)


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _fields(entity: object, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(entity, name) for name in names}


def _record(record: TargetUserRecord) -> dict[str, Any]:
    end = record.deactivation
    deactivation = _fields(end, ["reason", "code", "at"]) if end else None
    return {**_fields(record, RECORD), "deactivation": deactivation}


def _opt_out(opt_out: OptOut) -> dict[str, Any]:
    named = [scope.partition(":") for scope in sorted(opt_out.scopes)]
    return {
        **_fields(opt_out, ["user", "active", "created_at", "updated_at"]),
        "everything": EVERYTHING in opt_out.scopes,
        "targets": [name for kind, _, name in named if kind == "target"],
        "categories": [name for kind, _, name in named if kind == "category"],
        "entries": [_fields(entry, ENTRY) for entry in opt_out.entries],
    }


def _notification(notification: Notification, now: datetime) -> dict[str, Any]:
    content, error, sms = notification.content, notification.last_error, notification.sms
    use, has_texts = content.template, content.has_texts
    return {
        **_fields(notification, NOTIFICATION),
        "title": content.title if has_texts else None,
        "body": content.body if has_texts else None,
        "extra": dict(content.extra) if has_texts else None,
        "sms": _fields(sms, SMS) if sms else None,
        "content_error": "it is no longer stored" if content.lost else content.unrendered or None,
        "template": str(use.ref) if use else None,
        "locale": use.locale if use else None,
        "data": dict(use.data) if use and not content.lost else None,
        "confirmation": notification.confirmation(now),
        "next_attempt": notification.due_at if notification.is_waiting else None,
        "last_error": {"class": error.error_class, "code": error.code, "message": error.message}
        if error
        else None,
        "timeline": [_fields(event, EVENT) for event in notification.timeline],
    }
