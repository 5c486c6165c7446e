"""`manage.py send_outbox`."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS

from notification_system.django import outbox
from notification_system.errors import (
    ApiError,
    NoActiveRecords,
    NotificationSystemError,
    OptedOut,
)

#: Entries that fail before a run ends, because the API then fails altogether.
MOST_FAILURES = 5


class Command(BaseCommand):
    """Sends the notifications of the outbox that no process has sent."""

    help = "Send the notifications of the outbox that were not sent after their commit."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the options."""
        parser.add_argument(
            "--database", default=DEFAULT_DB_ALIAS, help="the alias of the database"
        )
        parser.add_argument(
            "--older-than",
            type=float,
            default=outbox.GRACE,
            metavar="SECONDS",
            help="leave newer entries to the process that wrote them (default: %(default)g)",
        )
        parser.add_argument(
            "--every", type=float, metavar="SECONDS", help="go on for ever, with this pause"
        )

    def handle(self, **options: Any) -> None:
        """Send once, or again and again."""
        while True:
            failure = self._send(options["database"], options["older_than"])
            if options["every"] is None:
                if failure is not None:
                    raise CommandError(f"Not everything could be sent: {failure}")
                return
            time.sleep(options["every"])

    def _send(self, database: str, older_than: float) -> NotificationSystemError | None:
        """Send the entries that wait; return the last error after which an entry still waits.

        An entry that fails does not hold up those behind it, unless the API fails altogether.
        """
        sent = refused = failed = 0
        failure: NotificationSystemError | None = None
        for entry in outbox.waiting(database, grace=older_than):
            try:
                outbox.send(entry)
            except (OptedOut, NoActiveRecords):
                refused += 1
            except NotificationSystemError as error:
                if entry.refused_at is not None:
                    refused += 1
                    self.stderr.write(f"{entry.pk} is refused: {error}")
                    continue
                failure, failed = error, failed + 1
                if failed == MOST_FAILURES or not isinstance(error, ApiError):
                    break
            else:
                sent += 1
        self.stdout.write(f"{sent} sent, {refused} refused.")
        if failure is not None:
            self.stderr.write(f"The rest waits: {failure}")
        return failure
