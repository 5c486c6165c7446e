"""The outbox: notifications in the database of the project until they have been sent.

An entry is written in the caller's transaction, so it exists exactly if the transaction has
committed. It is sent after the commit, and by `manage.py send_outbox` if the process ended before
that. Two processes may send one entry at the same time: both requests have its idempotency key, so
the notification is created once.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.utils import timezone

from notification_system.django.connection import client
from notification_system.django.models import OutboxEntry
from notification_system.errors import (
    ApiError,
    Forbidden,
    NoActiveRecords,
    NotificationSystemError,
    OptedOut,
    ServerError,
    TooManyRequests,
)
from notification_system.results import NotificationSummary

#: Seconds that the process which wrote an entry has for sending it.
GRACE = 60.0


def add(item: Mapping[str, Any], using: str | None) -> OutboxEntry:
    """Write an entry in the current transaction."""
    # Never the database of a router: the entry has to be in the caller's transaction.
    entry: OutboxEntry = OutboxEntry.objects.using(using or DEFAULT_DB_ALIAS).create(item=item)
    return entry


def send(entry: OutboxEntry) -> Sequence[NotificationSummary]:
    """Send an entry, and delete it. An entry that the API refuses for good is kept as refused.

    The entry of a user who has opted out or has no address is deleted: that is not a fault, and the
    content should not be kept.

    Raises:
        NotificationSystemError: the API refused it, or could not be reached.
    """
    try:
        notifications = client().send(**entry.item)
    except (OptedOut, NoActiveRecords):
        _stored(entry).delete()
        raise
    except NotificationSystemError as error:
        entry.attempts += 1
        entry.last_error = str(error)
        if is_final(error):
            entry.refused_at = timezone.now()
        # An update, because another process may have sent and deleted the entry meanwhile.
        _stored(entry).update(
            attempts=entry.attempts, last_error=entry.last_error, refused_at=entry.refused_at
        )
        raise
    _stored(entry).delete()
    return notifications


def _stored(entry: OutboxEntry) -> Any:
    """Return the entry in the database that it was read from or written to."""
    database = entry._state.db  # noqa: SLF001 - documented
    return OutboxEntry.objects.using(database).filter(pk=entry.pk)


def is_final(error: NotificationSystemError) -> bool:
    """Return whether the API refuses an entry also when it is sent again."""
    temporary = (Forbidden, ServerError, TooManyRequests)
    return isinstance(error, ApiError) and not isinstance(error, temporary)


def waiting(using: str | None, *, grace: float = GRACE) -> Iterator[OutboxEntry]:
    """Iterate over the entries that wait for longer than `grace` seconds, oldest first."""
    before = timezone.now() - timedelta(seconds=grace)
    entries = OutboxEntry.objects.using(using).filter(refused_at=None, created_at__lte=before)
    yield from entries.order_by("created_at").iterator(chunk_size=500)
