"""A listing that leaves entries out ends its pages anywhere, and neither skips nor repeats one."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from notification_core.adapters.memory.notifications import MemoryNotifications
from notification_core.domain.clock import to_epoch_ms
from notification_core.domain.failures import Rejected
from notification_core.domain.notification import Notification
from notification_core.domain.paging import FailureEntry, Page
from notification_core.domain.status import Status
from notification_core.usecases.queries import listing
from notification_core.usecases.queries.listing import FAILURE_READS, USER_ROUNDS
from tests.builders import NOON, SHARDS, World
from tests.usecases.steps import claimed, stored


class Counted(MemoryNotifications):
    """Counts the queries of a user's listing, and the reads of what failed."""

    def __init__(self, world: World) -> None:
        super().__init__(SHARDS, world.records)
        self.stored = world.notifications.stored
        self.asked = 0

    def list_by_user(self, user: str, limit: int, after: str | None = None) -> Page[Notification]:
        self.asked += 1
        return super().list_by_user(user, limit, after)

    def failed(
        self, shard: str, since: int, before: FailureEntry, limit: int
    ) -> list[FailureEntry]:
        assert self.asked == 0, "each shard is queried once, before anything is read"
        return super().failed(shard, since, before, limit)

    def get(self, ids: Sequence[str]) -> list[Notification | None]:
        self.asked += 1
        return super().get(ids)


def read_all(
    store: Counted, most: int, limit: int, read: Callable[[str | None], Page[Notification]]
) -> list[str]:
    """Follow `next` to the end; returns all ids. No page may ask more often than allowed."""
    ids: list[str] = []
    after: str | None = None
    while True:
        store.asked = 0
        page = read(after)
        assert store.asked <= most
        assert len(page.items) <= limit
        ids += [each.id for each in page.items]
        if (after := page.next) is None:
            return ids


ENTRIES = st.lists(st.tuples(st.booleans(), st.integers(0, 3)), max_size=40)
LIMITS, SIZES = st.integers(1, 6), st.integers(1, 6)


@given(entries=ENTRIES, limit=LIMITS, size=SIZES)
def test_a_users_notifications_of_a_status_come_once_each(
    entries: Sequence[tuple[bool, int]], limit: int, size: int
) -> None:
    """Several may be of one moment."""
    world, wanted, moment = World(), [], NOON
    for is_wanted, seconds in entries:
        moment += timedelta(seconds=seconds)
        made = stored(world, created_at=moment)
        if is_wanted:
            wanted.append(made)
            world.notifications.stored[made.id] = made.cancelled(moment)
    store = Counted(world)
    ports = replace(world.ports, notifications=store)

    def read(after: str | None) -> Page[Notification]:
        return listing.list_notifications(ports, "eggs", Status.CANCELLED, limit, after)

    with patch.object(listing, "READ_SIZE", size):
        ids = read_all(store, USER_ROUNDS, limit, read)

    wanted.sort(key=lambda each: (to_epoch_ms(each.created_at), each.id), reverse=True)
    assert ids == [each.id for each in wanted]


@given(entries=ENTRIES, limit=LIMITS, size=SIZES)
def test_a_targets_failures_come_once_each(
    entries: Sequence[tuple[bool, int]], limit: int, size: int
) -> None:
    """Those of another target of the module lie between them, and several fail at one moment."""
    world, wanted = World(), []
    for is_wanted, seconds in entries:
        world.watch.forward(seconds=seconds)
        changes: dict[str, Any] = {} if is_wanted else {"target": "other"}
        made = claimed(world, stored(world, **changes)).failed(world.watch(), Rejected("21617"))
        world.notifications.stored[made.id] = made
        if is_wanted:
            wanted.append(made)
    store = Counted(world)
    ports = replace(world.ports, notifications=store)

    def read(after: str | None) -> Page[Notification]:
        return listing.list_failures(ports, "Pigeon", None, limit, after)

    with patch.object(listing, "READ_SIZE", size):
        ids = read_all(store, FAILURE_READS, limit, read)

    wanted.sort(key=lambda each: (to_epoch_ms(each.updated_at), each.id), reverse=True)
    assert ids == [each.id for each in wanted]
