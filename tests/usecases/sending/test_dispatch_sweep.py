"""The sweep: what lost its message gets another one."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from notification_core.adapters.memory.stores import MemoryQueues
from notification_core.domain.modules import PausedBy
from notification_core.domain.timing import SWEEP_DEPTH, SWEEP_EVERY, SWEEP_GRACE
from notification_core.usecases.sending.dispatch import ShardDispatchResult, dispatch
from tests.builders import World, a_module, a_notification, a_pause
from tests.usecases.steps import claimed, messages, put_back, stored, tick

MILLISECOND = timedelta(milliseconds=1)


def swept(done: Sequence[ShardDispatchResult]) -> int:
    """How many messages a tick sent again."""
    return sum(each.swept for each in done)


def test_a_notification_overdue_past_the_grace_is_enqueued_again(world: World) -> None:
    notification = stored(world)
    tick(world)
    messages(world)
    world.watch.now += SWEEP_GRACE + MILLISECOND

    assert swept(tick(world)) == 1
    assert messages(world) == {notification.id: 0}


def test_within_the_grace_a_message_may_still_be_on_its_way(world: World) -> None:
    stored(world)
    tick(world)
    messages(world)
    world.watch.now += SWEEP_GRACE

    assert swept(tick(world)) == 0
    assert messages(world) == {}


def test_the_entry_at_the_cursor_is_swept_though_nothing_comes_after_it(world: World) -> None:
    """A tick that ran out of time leaves its cursor on the last one that it enqueued."""
    notification = stored(world)
    dispatch(world.ports, lambda: True)
    messages(world)
    world.watch.now += SWEEP_GRACE + SWEEP_EVERY

    assert swept(tick(world)) == 1
    assert set(messages(world)) == {notification.id}


def test_an_entry_that_the_dispatcher_has_not_reached_is_not_swept(world: World) -> None:
    notification = stored(world, scheduled_delivery=world.watch() - timedelta(days=1))

    done = tick(world)

    assert swept(done) == 0
    assert set(messages(world)) == {notification.id}


def test_it_sweeps_once_in_so_often(world: World) -> None:
    notification = stored(world)
    tick(world)
    world.watch.now += SWEEP_GRACE + SWEEP_EVERY
    counts = []
    for _ in range(4):
        counts.append(swept(tick(world)))
        world.watch.now += SWEEP_EVERY / 2

    assert counts == [1, 0, 1, 0]
    assert world.stored(notification) is notification


def test_a_message_lost_by_a_creator_that_crashed_is_found(world: World) -> None:
    """It is created behind the cursor and nobody sends its message."""
    stored(world, scheduled_delivery=world.watch() + timedelta(seconds=80))
    shard_is_read = tick(world)
    messages(world)
    lost = [stored(world, scheduled_delivery=world.watch()) for _ in range(20)]
    world.watch.now += SWEEP_GRACE + SWEEP_EVERY

    found: set[str] = set()
    for _ in range(3):
        tick(world)
        found |= set(messages(world))
        world.watch.now += SWEEP_EVERY

    assert sum(each.enqueued for each in shard_is_read) == 1
    assert {each.id for each in lost} <= found


def test_an_attempt_whose_consumer_died_is_woken(world: World) -> None:
    sending = claimed(world, stored(world))
    tick(world)
    messages(world)
    world.watch.now += SWEEP_GRACE + SWEEP_EVERY

    tick(world)

    assert set(messages(world)) == {sending.id}


def test_a_retry_that_is_not_due_is_not_swept(world: World) -> None:
    put_back(world, stored(world), hours=1)
    stored(world)
    tick(world)
    messages(world)
    world.watch.now += SWEEP_GRACE + SWEEP_EVERY

    assert swept(tick(world)) == 1


class Busy(MemoryQueues):
    """A queue with so many messages."""

    waiting = 0

    def depth(self, module: str) -> int:
        del module
        return self.waiting


@pytest.mark.parametrize(("waiting", "found"), [(SWEEP_DEPTH, 1), (SWEEP_DEPTH + 1, 0)])
def test_a_busy_queue_is_left_alone(world: World, waiting: int, found: int) -> None:
    queues = Busy()
    queues.waiting = waiting
    ports = replace(world.ports, queues=queues)
    stored(world)
    tick(world, ports=ports)
    world.watch.now += SWEEP_GRACE + SWEEP_EVERY

    assert swept(tick(world, ports=ports)) == found


class Unmeasured(MemoryQueues):
    """A module's queue that is not there."""

    def depth(self, module: str) -> int:
        if module == "crow":
            raise RuntimeError("no such queue")
        return super().depth(module)


def test_a_queue_that_cannot_be_measured_holds_no_other_up(world: World) -> None:
    world.modules.put(a_module(name="crow"))
    queues = Unmeasured()
    notification = stored(world)

    done = tick(world, ports=replace(world.ports, queues=queues))

    assert [wake_up.id for wake_up, _ in queues.sent["pigeon"]] == [notification.id]
    assert {each.module for each in done if not each.complete} == {"crow"}


def test_out_of_time_there_is_no_sweep(world: World) -> None:
    stored(world)
    tick(world)
    messages(world)
    world.watch.now += SWEEP_GRACE + SWEEP_EVERY

    assert swept(dispatch(world.ports, lambda: True)) == 0


@pytest.mark.parametrize("by", list(PausedBy))
def test_a_paused_module_is_not_swept(world: World, by: PausedBy) -> None:
    stored(world)
    tick(world)
    messages(world)
    world.modules.pause("pigeon", a_pause(by=by))
    world.watch.now += SWEEP_GRACE + SWEEP_EVERY

    assert swept(tick(world)) == 0
    assert world.modules.begin_sweep("pigeon", world.watch(), SWEEP_EVERY)


def test_a_sweep_does_not_move_the_cursor_back(world: World) -> None:
    world.notifications.create([a_notification() for _ in range(50)])
    tick(world)
    before = world.modules.progress()["pigeon"].cursors
    world.watch.now += SWEEP_GRACE + SWEEP_EVERY

    assert swept(tick(world)) == 50
    assert world.modules.progress()["pigeon"].cursors == before
