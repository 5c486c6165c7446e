"""What tests of the admin do in a browser, and a notification that has ended."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import Client as Browser

ROOT = "/admin/notification_system_django"


def post(browser: Browser, path: str, **fields: str) -> str:
    """Send the form of a page, and return the page that it leads to."""
    page = browser.get(path)
    token = page.context["csrf_token"]
    data = fields | {"csrfmiddlewaretoken": str(token)}
    return str(browser.post(path, data, follow=True).content.decode())


def import_ended(api: Any, user: Any, status: str) -> str:
    """Import a notification with this status, and return its id."""
    [record] = api.records(str(user.pk))
    before = datetime.now(UTC) - timedelta(days=2)
    item = {
        "kind": "notification",
        "key": "1",
        "target_user_record": record.id,
        "title": "Ended",
        "body": "x",
        "status": status,
        "scheduled_delivery": before.isoformat(),
        "attempted_delivery": before.isoformat(),
    }
    [imported] = api.import_batch("a-test", [item])
    assert imported.error is None
    return str(imported.id)
