"""A module with `max_per_second` gets no more than it can send until the next tick."""

import pytest

from notification_core.domain.timing import TICK
from tests.builders import SHARDS, World
from tests.usecases.steps import consumed, messages, stored, tick, with_module

MINUTE = int(TICK.total_seconds())


@pytest.mark.parametrize("rate", [0.5, 1, 4])
def test_at_most_a_minutes_worth_is_put_on_the_queue(world: World, rate: float) -> None:
    with_module(world, max_per_second=rate)
    for _ in range(400):
        stored(world)

    done = tick(world)

    sent = messages(world)
    assert len(sent) == sum(each.enqueued for each in done)
    share = int(rate * MINUTE / SHARDS)
    assert all(each.enqueued <= share for each in done)
    assert len(sent) >= 0.8 * rate * MINUTE


def test_they_are_spread_over_the_minute(world: World) -> None:
    with_module(world, max_per_second=1)
    for _ in range(400):
        stored(world)

    tick(world)

    delays = list(messages(world).values())
    assert max(delays) < MINUTE
    assert all(delays.count(second) <= SHARDS for second in range(MINUTE))
    for start in range(0, MINUTE, 12):
        assert sum(start <= each < start + 12 for each in delays) == 12


def test_a_backlog_waits_in_the_index_and_comes_in_order(world: World) -> None:
    with_module(world, max_per_second=1)
    backlog = [stored(world) for _ in range(200)]
    seen: list[str] = []
    for _ in range(10):
        tick(world)
        seen += consumed(world)
        world.watch.forward(minutes=1)

    assert len(seen) == len(set(seen)) == len(backlog)


def test_a_delay_of_its_own_is_kept(world: World) -> None:
    with_module(world, max_per_second=100)
    notification = stored(world, scheduled_delivery=world.watch() + TICK)

    tick(world)

    assert messages(world) == {notification.id: 60}


def test_the_slowest_pace_still_moves(world: World) -> None:
    with_module(world, max_per_second=0.001)
    stored(world)

    assert sum(each.enqueued for each in tick(world)) == 1


def test_an_unpaced_module_gets_everything_at_once(world: World) -> None:
    for _ in range(400):
        stored(world)

    tick(world)

    assert set(messages(world).values()) == {0}
