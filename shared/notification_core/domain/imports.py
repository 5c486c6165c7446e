"""Entities of another system, such as django-notification-system, and results of an import."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from notification_core.domain.errors import NotificationError
from notification_core.domain.status import Status
from notification_core.domain.timeline import EventKind, Timeline, TimelineEvent

#: The event of the end of a notification. An ended one never enters the due index.
ENDINGS: Mapping[Status, EventKind] = {
    Status.DELIVERED: EventKind.DELIVERED,
    Status.DELIVERY_FAILURE: EventKind.DELIVERY_FAILURE,
    Status.INACTIVE_DEVICE: EventKind.INACTIVE_DEVICE,
    Status.OPTED_OUT: EventKind.OPTED_OUT,
}


class ImportKind(StrEnum):
    """What an item of an import is."""

    RECORD = "record"
    OPT_OUT = "opt_out"
    NOTIFICATION = "notification"


class ImportResult(StrEnum):
    """What happened to an item of an import."""

    IMPORTED = "imported"
    UNCHANGED = "unchanged"  #: it was imported before, or the same already exists here
    SKIPPED = "skipped"  #: something here is newer, or prevents it
    INVALID = "invalid"  #: the item itself cannot be imported


class UndoResult(StrEnum):
    """What happened to an item whose import is undone."""

    REMOVED = "removed"
    CHANGED_SINCE = "changed_since"  #: it has changed since its import, and is left
    ABSENT = "absent"  #: it was not imported, or has been removed


@dataclass(frozen=True, slots=True)
class ImportKey:
    """An entity of another system. The id here derives from it, so a repetition changes nothing."""

    source: str  #: the other system
    kind: ImportKind
    key: str  #: the primary key there

    @property
    def id(self) -> str:
        """The id of the entity here (RFC 9562, UUID version 5)."""
        return str(uuid5(NAMESPACE_URL, json.dumps(["import", self.source, self.kind, self.key])))

    @property
    def evidence(self) -> str:
        """What the ledger says about an imported opt-out."""
        return f"{self.source}: {self.key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedRecord:
    """A target user record of another system."""

    key: str
    user: str
    target: str  #: a name or an id
    target_user_id: str
    description: str
    active: bool
    created_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedOptOut:
    """A user's opt-out of everything in another system."""

    key: str
    user: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedNotification:
    """A notification of another system that waits or has ended."""

    key: str
    target_user_record: str  #: the record's id here
    title: str
    body: str
    extra: Mapping[str, Any]
    status: Status
    scheduled_delivery: datetime
    attempted_delivery: datetime | None
    retry_time_interval: int  #: seconds
    retry_attempts: int
    max_retries: int
    created_at: datetime | None

    def timeline(self, source: str, now: datetime) -> Timeline:
        """Return the timeline: what happened there, and the import."""
        created_at = min(self.created_at or now, now)
        entries = [TimelineEvent(created_at, EventKind.SCHEDULED)]
        if self.status in ENDINGS:
            entries.append(
                TimelineEvent(self.attempted_delivery or created_at, ENDINGS[self.status])
            )
        attempts = "1 attempt" if self.retry_attempts == 1 else f"{self.retry_attempts} attempts"
        detail = f"{source}, {attempts} failed there"
        return (*entries, TimelineEvent(now, EventKind.IMPORTED, detail))


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """The result of an item.

    Args:
        result: what happened.
        id: the id of the entity here; for an opt-out, the user's id. None if there is none.
        error: why it is skipped or invalid.
    """

    result: ImportResult
    id: str | None
    error: NotificationError | None = None
