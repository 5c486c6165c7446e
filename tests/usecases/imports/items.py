"""Items of imports, for tests."""

from datetime import timedelta
from typing import Any

from notification_core.domain.imports import (
    ImportedNotification,
    ImportedOptOut,
    ImportedRecord,
)
from notification_core.domain.status import Status
from tests.builders import NOON, World

SOURCE = "django-notification-system"
LONG_AGO = NOON - timedelta(days=900)


def a_record_item(**changes: Any) -> ImportedRecord:
    values: dict[str, Any] = {
        "key": "17",
        "user": "ann",
        "target": "Pigeon",
        "target_user_id": "456",
        "description": "",
        "active": True,
        "created_at": LONG_AGO,
    }
    return ImportedRecord(**values | changes)


def an_opt_out_item(**changes: Any) -> ImportedOptOut:
    values: dict[str, Any] = {"key": "3", "user": "eggs", "at": LONG_AGO}
    return ImportedOptOut(**values | changes)


def a_notification_item(world: World, **changes: Any) -> ImportedNotification:
    values: dict[str, Any] = {
        "key": "f6",
        "target_user_record": world.record.id,
        "title": "Your table",
        "body": "It is ready.",
        "extra": {},
        "status": Status.SCHEDULED,
        "scheduled_delivery": NOON + timedelta(days=3),
        "attempted_delivery": None,
        "retry_time_interval": 86400,
        "retry_attempts": 0,
        "max_retries": 3,
        "created_at": LONG_AGO,
    }
    return ImportedNotification(**values | changes)
