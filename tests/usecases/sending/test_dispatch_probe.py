"""A module that a fault paused is handed a few to be tried with, and no more."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from notification_core.adapters.memory.stores import MemoryQueues
from notification_core.domain.due import WakeUp
from notification_core.domain.timing import PROBE_WAKE_UPS
from notification_core.usecases.sending.dispatch import ShardDispatchResult
from tests.builders import NOON, World, a_module, a_pause
from tests.usecases.steps import claimed, messages, stored, tick


@pytest.fixture(autouse=True)
def paused(world: World) -> None:
    """The provider refuses us."""
    world.modules.pause("pigeon", a_pause())


def test_those_that_are_due_the_longest_are_handed_over_at_once(world: World) -> None:
    count = 2 * PROBE_WAKE_UPS
    ages = [stored(world, scheduled_delivery=world.watch()) for _ in range(count)]
    old = stored(world, scheduled_delivery=NOON.replace(year=2025))

    assert tick(world) == [ShardDispatchResult("pigeon", PROBE_WAKE_UPS, paused=True)]

    sent = messages(world)
    assert old.id in sent
    assert set(sent) <= {old.id, *(each.id for each in ages)}
    assert set(sent.values()) == {0}


def test_a_notification_that_is_not_due_is_not_handed_over(world: World) -> None:
    stored(world, scheduled_delivery=NOON.replace(minute=1))

    assert tick(world) == [ShardDispatchResult("pigeon", 0, paused=True)]
    assert messages(world) == {}


def test_the_cursors_stay_where_they_are(world: World) -> None:
    stored(world)

    tick(world)

    assert world.modules.progress()["pigeon"].cursors == {}


def test_every_tick_hands_them_over_again(world: World) -> None:
    waiting = stored(world)

    for _ in range(3):
        tick(world)
        assert set(messages(world)) == {waiting.id}
        world.watch.forward(minutes=1)


def test_a_claim_of_a_dead_consumer_does_not_block_a_probe(world: World) -> None:
    sending, waiting = claimed(world, stored(world)), stored(world)

    tick(world)

    assert set(messages(world)) == {sending.id, waiting.id}


def test_the_other_modules_go_on(world: World) -> None:
    world.modules.put(a_module(name="crow"))
    theirs = stored(world, module="crow")

    done = tick(world)

    assert set(messages(world, "crow")) == {theirs.id}
    assert [each.module for each in done if each.paused] == ["pigeon"]


class Full(MemoryQueues):
    """A queue that accepts nothing."""

    def send(self, module: str, wake_ups: Sequence[tuple[WakeUp, int]]) -> bool:
        del module, wake_ups
        return False


def test_a_queue_that_accepts_no_probe_is_reported(world: World) -> None:
    stored(world)

    assert tick(world, ports=replace(world.ports, queues=Full())) == [
        ShardDispatchResult("pigeon", 1, complete=False, paused=True)
    ]


def test_all_that_waited_is_dispatched_once_it_is_resumed(world: World) -> None:
    waiting = {stored(world).id for _ in range(50)}
    tick(world)
    messages(world)
    world.modules.resume("pigeon")

    tick(world)

    assert set(messages(world)) == waiting
