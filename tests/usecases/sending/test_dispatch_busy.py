"""The sweep of a module whose queue is deep: seldom and a little, but it is swept."""

from dataclasses import replace

import pytest

from notification_core.adapters.memory.stores import MemoryQueues
from notification_core.domain.due import WakeUp, shard_of
from notification_core.domain.timing import (
    SWEEP_BUSY_COUNT,
    SWEEP_BUSY_EVERY,
    SWEEP_DEPTH,
    SWEEP_EVERY,
    SWEEP_GRACE,
    TICK,
)
from tests.builders import NOON, SHARDS, World, a_notification
from tests.usecases.steps import messages, stored, tick


class Busy(MemoryQueues):
    """A queue that is as deep as it is told to be."""

    waiting = SWEEP_DEPTH + 1

    def depth(self, module: str) -> int:
        del module
        return self.waiting


@pytest.fixture
def queues(world: World) -> Busy:
    """The queue of the world's module, which is deep."""
    world.queues = Busy()
    world.ports = replace(world.ports, queues=world.queues)
    return world.queues


def swept(world: World) -> int:
    """How many messages a tick sent again."""
    return sum(each.swept for each in tick(world))


def test_delayed_messages_do_not_keep_a_module_from_being_swept(world: World) -> None:
    stored(world)
    tick(world)
    messages(world)
    delayed = [(WakeUp(n, str(n)), 60) for n in range(SWEEP_DEPTH + 1)]
    world.queues.send("pigeon", delayed)
    world.watch.now += SWEEP_GRACE + SWEEP_EVERY

    assert swept(world) == 1


def test_a_lost_message_is_found_within_minutes_although_the_queue_stays_deep(
    world: World, queues: Busy
) -> None:
    for _ in range(40):
        stored(world)
    tick(world)
    assert len(world.modules.progress()["pigeon"].cursors) == SHARDS
    queues.sent.clear()
    lost = stored(world)  # behind the cursor; its creator died before it sent a message

    found: set[str] = set()
    for _ in range(SWEEP_BUSY_EVERY // TICK + 1):
        world.watch.now += TICK
        tick(world)
        found |= {wake_up.id for wake_up, _ in queues.sent.pop("pigeon", [])}

    assert lost.id in found


def test_a_deep_queue_is_given_the_longest_overdue_and_no_more(world: World, queues: Busy) -> None:
    count = 2 * SWEEP_BUSY_COUNT
    overdue = [
        a_notification(module="pigeon", scheduled_delivery=NOON.replace(minute=n % 30, hour=9))
        for n in range(count * SHARDS)
    ]
    world.notifications.create(overdue)
    tick(world)
    queues.sent.clear()
    world.watch.now += SWEEP_BUSY_EVERY

    assert swept(world) == SHARDS * SWEEP_BUSY_COUNT

    sent = {wake_up for wake_up, _ in queues.sent["pigeon"]}
    for number in range(SHARDS):
        shard = f"pigeon#{number}"
        first = sorted(
            wake_up
            for page in world.notifications.due(shard, WakeUp(0, ""), 10**14)
            for wake_up in page
        )[:SWEEP_BUSY_COUNT]
        assert {each for each in sent if shard_of("pigeon", each.id, SHARDS) == shard} == {*first}


def test_it_is_swept_again_after_ten_minutes_and_not_before(world: World, queues: Busy) -> None:
    stored(world)
    tick(world)
    world.watch.now += SWEEP_BUSY_EVERY
    assert swept(world) == 1

    ticks = []
    for _ in range(10):
        world.watch.now += TICK
        ticks.append(swept(world))
    assert ticks == [0] * 9 + [1]

    world.watch.now += SWEEP_EVERY
    assert swept(world) == 0
    queues.waiting = SWEEP_DEPTH
    assert swept(world) == 1, "not deep any more: every other minute"


def test_two_dispatchers_sweep_a_deep_queue_once(world: World) -> None:
    stored(world)
    tick(world)
    world.watch.now += SWEEP_BUSY_EVERY
    known = world.modules.progress()

    assert world.modules.begin_sweep("pigeon", world.watch(), SWEEP_BUSY_EVERY)
    world.modules.progress = lambda: known  # type: ignore[method-assign]
    assert swept(world) == 0
