"""Fills a database of django-notification-system with rows of every kind, some of them corrupt.

    python -m tests.ancestor.fill USERS

It is run by the interpreter of the environment `compare`, and prints the expected counts as JSON:
`{model: {result: number}}`, for an import with --history and --past skip.
"""

import json
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import Any

import django
from django.db import transaction

django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django_notification_system.models import (  # noqa: E402
    Notification,
    NotificationOptOut,
    NotificationTarget,
    TargetUserRecord,
)

NOW = datetime.now(UTC)
LATER, BEFORE = NOW + timedelta(days=30), NOW - timedelta(days=400)

#: Fields of notifications that wait or have ended.
WAITS = {"status": "SCHEDULED", "scheduled_delivery": LATER}
RETRIES = {"status": "RETRY", "scheduled_delivery": LATER, "attempted_delivery": BEFORE}
ENDED = {"scheduled_delivery": BEFORE, "attempted_delivery": BEFORE}

#: Notifications: the fields, and the expected results of a user without and with an opt-out.
CASES: list[tuple[dict[str, Any], str, str]] = [
    (WAITS, "imported", "skipped"),
    (RETRIES | {"retry_attempts": 2, "retry_time_interval": 1440}, "imported", "skipped"),
    (WAITS | {"scheduled_delivery": BEFORE}, "skipped", "skipped"),
    (WAITS | {"max_retries": 0}, "imported", "skipped"),
    (RETRIES | {"retry_attempts": 9}, "imported", "skipped"),
    (ENDED | {"status": "DELIVERED"}, "imported", "imported"),
    (ENDED | {"status": "DELIVERY FAILURE", "retry_attempts": 3}, "imported", "imported"),
    (ENDED | {"status": "INACTIVE DEVICE", "attempted_delivery": None}, "imported", "imported"),
    (ENDED | {"status": "OPTED OUT", "attempted_delivery": None}, "imported", "imported"),
    (ENDED | {"status": "BANANA"}, "invalid", "invalid"),
    (WAITS | {"title": "x" * 300}, "invalid", "invalid"),
    (WAITS | {"body": ""}, "invalid", "invalid"),
    (WAITS | {"extra": None}, "imported", "skipped"),
    (WAITS | {"extra": {"nonsense": 1}}, "invalid", "skipped"),
    (WAITS | {"attempted_delivery": BEFORE}, "invalid", "skipped"),
]


class Filling:
    """Adds rows, and counts the results that their import should have."""

    def __init__(self) -> None:
        self.expected: dict[str, Counter[str]] = {
            "notificationtarget": Counter(unchanged=3, invalid=1),
            "targetuserrecord": Counter(),
            "notificationoptout": Counter(),
            "notification": Counter(),
        }
        self.email = NotificationTarget.objects.get(name="Email")
        self.pigeon = NotificationTarget.objects.create(
            name="Pigeon", notification_module_name="pigeon"
        )
        self.cases = cycle(CASES)

    def add(self, user: Any, number: int) -> None:
        """Add the rows of a user; what is special about them follows from the number."""
        record = self.record(user, self.email, f"{user.username}@example.com", "imported")
        opted_out = number % 10 == 1
        if opted_out:  # before the notifications, which the opt-out would end there
            self.opt_out(user)
        for _ in range(3):
            fields, result, if_opted_out = next(self.cases)
            self.notification(record, fields, if_opted_out if opted_out else result)
        if number % 10 == 2:
            record = self.record(user, self.email, "not an address", "invalid")
            self.notification(record, WAITS, "invalid")
        if number % 10 == 3:
            self.record(user, self.pigeon, f"loft {number}", "invalid")
        if number % 10 == 4:
            record = self.record(
                user, self.email, f"old{number}@example.com", "imported", active=False
            )
            self.notification(record, WAITS, "skipped")
        if number % 10 == 5:
            NotificationOptOut.objects.create(user=user, active=False)
            self.expected["notificationoptout"]["skipped"] += 1

    def opt_out(self, user: Any) -> None:
        """Opt a user out, long ago."""
        opt_out = NotificationOptOut.objects.create(user=user, active=True)
        NotificationOptOut.objects.filter(pk=opt_out.pk).update(modified_date=BEFORE)
        self.expected["notificationoptout"]["imported"] += 1

    def record(
        self, user: Any, target: Any, address: str, result: str, *, active: bool = True
    ) -> Any:
        """Add an address."""
        self.expected["targetuserrecord"][result] += 1
        return TargetUserRecord.objects.create(
            user=user,
            target=target,
            target_user_id=address,
            description=f"{user.username}'s {target.name}",
            active=active,
        )

    def notification(self, record: Any, fields: dict[str, Any], result: str) -> None:
        """Add a notification."""
        self.expected["notification"][result] += 1
        number = sum(self.expected["notification"].values())
        values = {"title": f"Message {number}", "body": "<p>Hello</p>"} | fields
        Notification.objects.create(target_user_record=record, **values)


def main(users: int) -> None:
    """Fill the database and print the expected counts."""
    User.objects.bulk_create([User(username=f"user{number}") for number in range(users)])
    filling = Filling()
    with transaction.atomic():
        for number, user in enumerate(User.objects.order_by("id")):
            filling.add(user, number)
    sys.stdout.write(json.dumps(filling.expected))


if __name__ == "__main__":
    main(int(sys.argv[1]))
