"""Requests to the API that several files of tests make."""

from datetime import UTC, datetime, timedelta
from typing import Any

from notification_core.entrypoints.http_api.fields import iso
from tests.functions.lambda_calls import Answer, Api


def now() -> datetime:
    """The present, as a caller's clock has it."""
    return datetime.now(UTC)


def register(api: Api, user: str, **changes: Any) -> Answer:
    """Register an address."""
    body = {"user": user, "target": "Email", "target_user_id": f"{user}@example.com"}
    return api("POST", "/target-user-records", body | changes)


def ask(api: Api, sent: Any = None, key: str | None = None, **fields: Any) -> Answer:
    """Ask for a notification that is not due soon."""
    later = {"scheduled_delivery": iso(now() + timedelta(hours=1))}
    content = sent if sent is not None else {"title": "Hello", "body": "There"} | later | fields
    return api("POST", "/notifications", content, headers={"Idempotency-Key": key} if key else {})
