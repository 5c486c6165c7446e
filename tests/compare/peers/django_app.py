"""Creates users and notifications with the API of django-notification-system.

`python -m tests.compare.peers.django_app users | notify`; standard input is a line of JSON,
`{"addresses", "due_at"}` (seconds since 1970; null: now). `notify` prints its start time.
"""

import json
import sys
import time
from datetime import UTC, datetime

import django
from django.db import transaction

from tests.compare.mails import BODY, TITLE

django.setup()

from django.contrib.auth.models import User  # noqa: E402 - Django must be set up first
from django_notification_system.models import (  # noqa: E402
    NotificationTarget,
    TargetUserRecord,
)
from django_notification_system.notification_creators.email import (  # noqa: E402
    create_notification,
)


def add_users(addresses: list[str]) -> None:
    """Add a user for each address."""
    target, _ = NotificationTarget.objects.get_or_create(
        name="Email", defaults={"notification_module_name": "email"}
    )
    with transaction.atomic():
        for address in addresses:
            user = User.objects.create(username=address, email=address)
            TargetUserRecord.objects.create(user=user, target=target, target_user_id=address)


def notify(addresses: list[str], due_at: float | None) -> None:
    """Create one e-mail for each user."""
    users = User.objects.in_bulk(addresses, field_name="username")
    due = None if due_at is None else datetime.fromtimestamp(due_at, UTC)
    print(json.dumps({"began": time.time()}), flush=True)
    for address in addresses:
        create_notification(users[address], TITLE, BODY, scheduled_delivery=due)


def main() -> None:
    """Run one of the two commands."""
    wanted = json.loads(sys.stdin.readline())
    if sys.argv[1] == "users":
        add_users(wanted["addresses"])
    else:
        notify(wanted["addresses"], wanted["due_at"])


if __name__ == "__main__":
    main()
