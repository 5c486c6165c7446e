"""What waits for its moment is looked at once more before it goes."""

from datetime import timedelta
from typing import Any

import pytest

from notification_core.domain.delivery import Delivery
from notification_core.domain.notification import Notification
from notification_core.domain.status import Status
from notification_core.entrypoints import consumer as edge
from notification_core.entrypoints.consumer import consumer
from notification_core.entrypoints.rate_limiter import RateLimiter
from tests.builders import NOON, World, a_module, a_notification
from tests.entrypoints.events import body, run


@pytest.fixture
def reported(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the consumer tells of each batch."""
    told: list[Any] = []
    monkeypatch.setattr(edge, "log_batch", lambda _module, _received, done, _: told.append(done))
    return told


@pytest.fixture(autouse=True)
def paced(world: World, log: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four a second, on the world's watch."""
    del log  # it is wired by now
    world.modules.put(a_module(max_per_second=4))

    def monotonic() -> float:
        return (world.watch() - NOON).total_seconds()

    def sleep(seconds: float) -> None:
        world.watch.forward(seconds=max(seconds, 0))

    slow = RateLimiter(1, monotonic, sleep)
    monkeypatch.setattr(edge, "_pace", lambda: slow)


def living(world: World, count: int, **life: float) -> list[Notification]:
    """Store so many that are due now and live so long."""
    record, before = world.record.id, NOON + timedelta(**life)
    made = [a_notification(target_user_record=record, deliver_before=before) for _ in range(count)]
    world.notifications.create(made)
    return made


def test_a_notification_that_expires_while_it_waits_for_its_rate_is_never_sent(
    world: World,
) -> None:
    notifications = living(world, 12, seconds=1)
    sent: list[timedelta] = []

    def send(_: Delivery) -> None:
        sent.append(world.watch() - NOON)

    run(consumer(send, parallel=1), body(*notifications))

    assert sent == [timedelta(milliseconds=250 * n) for n in range(4)]
    after = [world.stored(each) for each in notifications]
    assert sum(each.status is Status.DELIVERED for each in after) == 4
    expired = [each for each in after if each.status is Status.EXPIRED]
    assert len(expired) == 8
    assert all(each.attempted_delivery is None for each in expired)


def test_lateness_is_measured_where_the_send_begins(world: World, reported: list[Any]) -> None:
    notifications = living(world, 5, minutes=1)

    run(consumer(lambda _: "SM1", parallel=1), body(*notifications))

    [done] = reported
    assert sorted(done.lateness_ms) == [0, 250, 500, 750, 1000]


def test_an_unsent_notification_is_neither_late_nor_an_attempt(
    world: World, reported: list[Any]
) -> None:
    notifications = living(world, 12, seconds=1)

    run(consumer(lambda _: "SM1", parallel=1), body(*notifications))

    [done] = reported
    assert len(done.lateness_ms) == len(done.outcomes) == 4
    assert len(done.settled) == 12
