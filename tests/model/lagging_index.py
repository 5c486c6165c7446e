"""The secondary indexes, which show a write only after a while; reads by id are never late.

In DynamoDB a global secondary index is eventually consistent (Amazon DynamoDB Developer Guide,
Global Secondary Indexes), and an item stays in the shard that it was written under.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from notification_core.adapters.memory.notifications import MemoryNotifications
from notification_core.adapters.memory.stores import MemoryRecords, MemoryTargets
from notification_core.domain.due import DUE_PAGE, WakeUp, shard_of
from notification_core.domain.notification import Notification
from notification_core.domain.paging import FailureEntry, Page
from notification_core.domain.polls import Poll


@dataclass(frozen=True)
class Version:
    """What an index shows of one notification from a moment on; None where it is gone."""

    at: datetime
    notification: Notification | None
    shard: str


@dataclass
class Index:
    """What was written, and when an index shows it.

    Attributes:
        lag: how long after a write.
    """

    store: Any
    clock: Callable[[], datetime]
    lag: timedelta = timedelta(0)
    versions: dict[str, list[Version]] = field(default_factory=dict)
    polls: dict[str, list[tuple[datetime, Poll | None]]] = field(default_factory=dict)
    poll_shards: dict[str, str] = field(default_factory=dict)

    def note_poll(self, poll_id: str, now: Poll | None, shards: int) -> None:
        """Note how a poll was stored, or that it was removed."""
        if now is not None:
            self.poll_shards.setdefault(poll_id, shard_of(now.module, now.id, shards))
        self.polls.setdefault(poll_id, []).append((self.clock(), now))

    def note(self, ids: Sequence[str], shards: int) -> None:
        """Note how these stand in the store, which was just written to."""
        for notification_id, now in zip(ids, self.store.get(ids), strict=True):
            known = self.versions.setdefault(notification_id, [])
            shown = known[-1].notification if known else None
            if now == shown:
                continue
            if shown is not None and shown.due_at is not None:
                shard = known[-1].shard  # it stays where it was put
            else:
                shard = shard_of(now.module, now.id, shards) if now is not None else ""
            known.append(Version(self.clock(), now, shard))

    def shown(self, shard: str | None = None) -> MemoryNotifications:
        """Return a store that holds what the index shows, of one shard or of all."""
        latest = self.clock() - self.lag
        store = MemoryNotifications(1, MemoryRecords(MemoryTargets()))
        for notification_id, versions in self.versions.items():
            seen = next((each for each in reversed(versions) if each.at <= latest), None)
            if seen and seen.notification and shard in {None, seen.shard}:
                store.stored[notification_id] = seen.notification
        for poll_id, written in self.polls.items():
            poll = next((poll for at, poll in reversed(written) if at <= latest), None)
            if poll is not None and shard in {None, self.poll_shards[poll_id]}:
                store.polls[poll_id] = poll
        return store


class LaggingIndex:
    """Stands before a NotificationStore; its listings are those of the index.

    Args:
        store: the real one.
        index: what is shown, of everybody's writes.
        shards: the partitions of the due index that this deployment knows.
    """

    def __init__(self, store: Any, index: Index, shards: int) -> None:
        self._store, self._index, self._shards = store, index, shards

    def __getattr__(self, method: str) -> Any:
        return getattr(self._store, method)

    def _then(self, result: Any, ids: Sequence[str]) -> Any:
        self._index.note(ids, self._shards)
        return result

    def create(self, notifications: Sequence[Notification]) -> Any:
        return self._then(self._store.create(notifications), [each.id for each in notifications])

    def claim(self, wake_ups: Sequence[WakeUp], *how: Any) -> Any:
        return self._then(self._store.claim(wake_ups, *how), [each.id for each in wake_ups])

    def advance(self, changes: Sequence[Any]) -> Any:
        return self._then(self._store.advance(changes), [each.before.id for each in changes])

    def remove(self, notifications: Sequence[Notification]) -> Any:
        return self._then(self._store.remove(notifications), [each.id for each in notifications])

    def add_poll(self, poll: Poll) -> None:
        self._store.add_poll(poll)
        if poll.id not in self._index.polls:
            self._index.note_poll(poll.id, poll, self._shards)

    def replace_poll(self, before: Poll, after: Poll | None) -> bool:
        moved: bool = self._store.replace_poll(before, after)
        if moved:
            self._index.note_poll(before.id, after, self._shards)
        return moved

    def list_by_user(self, user: str, limit: int, after: str | None = None) -> Page[Notification]:
        """List by the index, and read each as it stands."""
        page = self._index.shown().list_by_user(user, limit, after)
        return page.with_items(self._store.get([each.id for each in page.items]))

    def due(
        self, shard: str, after: WakeUp, until: int, size: int = DUE_PAGE
    ) -> Iterator[list[WakeUp]]:
        pages: Iterator[list[WakeUp]] = self._of(shard, "due", after, until, size)
        return pages

    def oldest_due(self, shard: str) -> WakeUp | None:
        oldest: WakeUp | None = self._of(shard, "oldest_due")
        return oldest

    def failed(
        self, shard: str, since: int, before: FailureEntry, limit: int
    ) -> list[FailureEntry]:
        found: list[FailureEntry] = self._of(shard, "failed", since, before, limit)
        return found

    def _of(self, shard: str, method: str, *args: Any) -> Any:
        """Ask the store of one shard; there it is the only one."""
        module = shard.partition("#")[0]
        return getattr(self._index.shown(shard), method)(f"{module}#0", *args)
