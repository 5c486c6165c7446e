"""Notifications in memory."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from threading import RLock

from notification_core.adapters.memory.stores import MemoryRecords
from notification_core.domain.claim import Claim
from notification_core.domain.clock import to_epoch_ms
from notification_core.domain.due import DUE_PAGE, WakeUp, shard_of
from notification_core.domain.errors import InvalidInput
from notification_core.domain.failed_notification import FailedNotification
from notification_core.domain.idempotency import conflicting_creation
from notification_core.domain.notification import Notification
from notification_core.domain.paging import FailureEntry, IndexEntry, Page
from notification_core.domain.polls import Poll
from notification_core.domain.status import FAILED
from notification_core.domain.transitions import ClaimRejected, RecordChanged, Transition


class MemoryNotifications:
    """A NotificationStore."""

    def __init__(self, due_shards: int, records: MemoryRecords) -> None:
        self.due_shards = due_shards
        self.records = records
        self.stored: dict[str, Notification] = {}
        self.polls: dict[str, Poll] = {}
        self._lock = RLock()

    def create(self, notifications: Sequence[Notification]) -> list[Notification | None]:
        with self._lock:
            for notification in notifications:
                self.stored.setdefault(notification.id, notification)
            return [
                conflicting_creation(self.stored[notification.id], notification)
                for notification in notifications
            ]

    def get(self, ids: Sequence[str]) -> list[Notification | None]:
        return [self.stored.get(notification_id) for notification_id in ids]

    def failures(self, ids: Sequence[str]) -> list[FailedNotification | None]:
        return [
            FailedNotification.of(notification) if notification else None
            for notification in self.get(ids)
        ]

    def list_by_user(self, user: str, limit: int, after: str | None = None) -> Page[Notification]:
        return self._page("user", user, limit, after)

    def list_by_reference(
        self, reference: str, limit: int, after: str | None = None
    ) -> Page[Notification]:
        return self._page("reference", reference, limit, after)

    def list_by_provider_id(
        self, message_id: str, limit: int, after: str | None = None
    ) -> Page[Notification]:
        return self._page("provider_message_id", message_id, limit, after)

    def _page(self, name: str, value: str, limit: int, after: str | None) -> Page[Notification]:
        listed = [
            notification
            for notification in list(self.stored.values())
            if getattr(notification, name) == value
        ]
        listed.sort(key=_place, reverse=True)
        if after is not None:
            created_at, _, last = after.partition(".")
            if not created_at.isdecimal():
                raise InvalidInput.of("next", "is not a token of this listing")
            listed = [
                notification
                for notification in listed
                if _place(notification) < (int(created_at), last)
            ]
        tokens = ["{}.{}".format(*_place(notification)) for notification in listed[:limit]]
        return Page(listed[:limit], tokens[-1] if len(listed) > limit else None, tokens)

    def created(self, user: str, before: IndexEntry, limit: int) -> list[IndexEntry]:
        entries = sorted(
            (
                IndexEntry(*_place(notification))
                for notification in list(self.stored.values())
                if notification.user == user
            ),
            reverse=True,
        )
        entries = [entry for entry in entries if entry < before]
        oldest = entries[:limit][-1].at if entries else 0
        return [entry for entry in entries if entry.at >= oldest]

    def claim(
        self, wake_ups: Sequence[WakeUp], claim: Claim, now: datetime, module: str
    ) -> list[Notification | ClaimRejected | Exception]:
        with self._lock:
            return [self._claim(wake_up, claim, now, module) for wake_up in wake_ups]

    def _claim(
        self, wake_up: WakeUp, claim: Claim, now: datetime, module: str
    ) -> Notification | ClaimRejected:
        current = self.stored.get(wake_up.id)
        if current is None or current.module != module:
            return ClaimRejected(current, self.polls.get(wake_up.id))
        if current.claim == claim:  # a repeated request, because the response was lost
            return current
        if not current.is_waiting or _due_ms(current) != wake_up.due_at:
            return ClaimRejected(current)
        self.stored[wake_up.id] = current.claimed(claim, now)
        return self.stored[wake_up.id]

    def advance(self, transitions: Sequence[Transition]) -> list[bool | Exception]:
        with self._lock:
            return [self._advance(transition) for transition in transitions]

    def _advance(self, transition: Transition) -> bool | Exception:
        current, before = self.stored.get(transition.before.id), transition.before
        if current is None:
            return False
        if _standing(current) != _standing(before):
            # It may be a repeated request, as in a claim.
            return transition.is_stored_as(current)
        if (unreadable := _unreadable(transition.after)) is not None:
            return unreadable
        if transition.record is not None:
            if self.records.stored.get(transition.record.before.id) != transition.record.before:
                return RecordChanged()
            self.records.stored[transition.record.after.id] = transition.record.after
        content = transition.after.content if transition.is_edit else current.content
        self.stored[before.id] = replace(transition.after, content=content)
        return True

    def oldest_due(self, shard: str) -> WakeUp | None:
        return min(self._entries(shard), default=None)

    def _entries(self, shard: str) -> Iterator[WakeUp]:
        owed: list[Notification | Poll] = [*self.stored.values(), *self.polls.values()]
        for item in owed:
            of_shard = shard_of(item.module, item.id, self.due_shards) == shard
            if item.due_at is not None and of_shard:
                yield WakeUp(_due_ms(item), item.id)

    def add_poll(self, poll: Poll) -> None:
        with self._lock:
            self.polls.setdefault(poll.id, poll)

    def replace_poll(self, before: Poll, after: Poll | None) -> bool:
        with self._lock:
            current = self.polls.get(before.id)
            if current is None or current.due_at != before.due_at:
                return False
            del self.polls[before.id]
            if after is not None:
                self.polls[after.id] = after
            return True

    def remove(self, notifications: Sequence[Notification]) -> list[bool | Exception]:
        with self._lock:
            return [self._remove(notification) for notification in notifications]

    def _remove(self, before: Notification) -> bool:
        current = self.stored.get(before.id)
        if current is not None and _standing(current) != _standing(before):
            return False
        self.stored.pop(before.id, None)
        return True

    def due(
        self, shard: str, after: WakeUp, until: int, size: int = DUE_PAGE
    ) -> Iterator[list[WakeUp]]:
        entries = sorted(self._entries(shard))
        due = [entry for entry in entries if entry > after and entry.due_at <= until]
        for start in range(0, len(due), size):
            yield due[start : start + size]

    def failed(
        self, shard: str, since: int, before: FailureEntry, limit: int
    ) -> list[FailureEntry]:
        entries = sorted(
            (
                FailureEntry(to_epoch_ms(notification.updated_at), notification.id)
                for notification in list(self.stored.values())
                if notification.status in FAILED
                and not notification.is_imported_history
                and shard_of(notification.module, notification.id, self.due_shards) == shard
            ),
            reverse=True,
        )
        ahead = [
            entry for entry in entries if (entry < before if before.id else entry.at <= before.at)
        ]
        return [entry for entry in ahead if entry.at >= since][:limit]


def _place(notification: Notification) -> tuple[int, str]:
    return (to_epoch_ms(notification.created_at), notification.id)


def _standing(notification: Notification) -> tuple[object, ...]:
    """Return the values that must be unchanged for a change to be stored."""
    last = notification.claim or notification.updated_at
    return (notification.status, notification.due_at, last)


def _unreadable(notification: Notification) -> Exception | None:
    """Return the error for a value that DynamoDB rejects: a number or an unpaired surrogate."""
    entries = [
        text for event in notification.timeline for text in (event.code, event.detail, event.by)
    ]
    try:
        "".join([notification.provider_message_id or "", *entries]).encode()
    except (TypeError, UnicodeEncodeError) as error:
        return error
    return None


def _due_ms(owed: Notification | Poll) -> int:
    return -1 if owed.due_at is None else to_epoch_ms(owed.due_at)
