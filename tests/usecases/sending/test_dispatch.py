"""One tick of the dispatcher: what is due soon goes on its queue, once."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

import pytest

from notification_core.domain.clock import to_epoch_ms
from notification_core.domain.due import WakeUp, shard_of
from notification_core.domain.modules import PausedBy, Precision
from notification_core.domain.timing import LOOK_AHEAD, TICK
from notification_core.usecases.sending.dispatch import ShardDispatchResult, dispatch
from notification_core.usecases.sending.enqueue import wake_up_for
from tests.builders import NOON, SHARDS, World, a_module, a_pause
from tests.usecases.steps import claimed, consumed, messages, put_back, stored, tick, with_module

MILLISECOND = timedelta(milliseconds=1)


def enqueued(done: Sequence[ShardDispatchResult]) -> int:
    """How many messages a tick sent."""
    return sum(each.enqueued for each in done)


@pytest.mark.parametrize(
    ("ahead", "delays"),
    [
        (timedelta(days=-2), (0, 0)),
        (timedelta(0), (0, 0)),
        (TICK, (60, 59)),
        (LOOK_AHEAD - MILLISECOND, (90, 88)),
    ],
)
@pytest.mark.parametrize("precision", Precision)
def test_a_notification_due_within_the_look_ahead_is_enqueued_with_its_delay(
    world: World, ahead: timedelta, delays: tuple[int, int], precision: Precision
) -> None:
    with_module(world, precision=precision)
    delay = dict(zip(Precision, delays, strict=True))[precision]
    notification = stored(world, scheduled_delivery=NOON + ahead)

    assert enqueued(tick(world)) == 1
    assert messages(world) == {notification.id: delay}


def test_a_notification_that_is_due_later_waits_for_its_own_tick(world: World) -> None:
    notification = stored(world, scheduled_delivery=NOON + LOOK_AHEAD)

    assert enqueued(tick(world)) == 0
    world.watch.forward(milliseconds=1)
    assert enqueued(tick(world)) == 1
    assert set(messages(world)) == {notification.id}


def test_every_moment_belongs_to_exactly_one_tick(world: World) -> None:
    everything = {
        stored(world, scheduled_delivery=NOON + timedelta(seconds=10 * n)).id for n in range(60)
    }
    seen: list[str] = []
    for _ in range(10):
        tick(world)
        seen += consumed(world)
        world.watch.forward(seconds=59.983)

    assert len(seen) == len(set(seen))
    assert set(seen) == everything


def test_a_second_dispatch_enqueues_nothing_new(world: World) -> None:
    for _ in range(20):
        stored(world)
    assert enqueued(tick(world)) == 20
    messages(world)

    assert enqueued(tick(world)) == 0
    assert messages(world) == {}


def test_dispatching_writes_no_notification(world: World) -> None:
    notification = stored(world)

    tick(world)

    assert world.stored(notification) is notification


def test_a_final_notification_is_not_enqueued(world: World) -> None:
    before = stored(world)
    world.notifications.stored[before.id] = before.cancelled(NOON)

    assert enqueued(tick(world)) == 0


def test_a_retry_is_enqueued_in_its_new_turn(world: World) -> None:
    after = put_back(world, stored(world), minutes=10)
    assert enqueued(tick(world)) == 0

    world.watch.forward(minutes=10)

    assert enqueued(tick(world)) == 1
    [(wake_up, delay)] = world.queues.sent["pigeon"]
    assert (wake_up, delay) == (wake_up_for(after), 0)


def test_each_module_has_its_own_queue(world: World) -> None:
    world.modules.put(a_module(name="crow"))
    ours, theirs = stored(world), stored(world, module="crow")

    done = tick(world)

    assert set(messages(world)) == {ours.id}
    assert set(messages(world, "crow")) == {theirs.id}
    assert [each.module for each in done] == ["crow"] * SHARDS + ["pigeon"] * SHARDS
    assert all(each.complete for each in done)


def test_a_module_that_a_person_paused_is_left_alone_and_loses_nothing(world: World) -> None:
    world.modules.pause("pigeon", a_pause(by=PausedBy.PERSON))
    notification = stored(world)
    assert enqueued(tick(world)) == 0
    assert messages(world) == {}

    world.modules.resume("pigeon")
    tick(world)

    assert set(messages(world)) == {notification.id}


def test_no_module_is_nothing_to_do(world: World) -> None:
    world.modules.remove("pigeon")

    assert tick(world) == []


def test_it_stops_when_out_of_time_and_goes_on_from_there(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = partial(world.notifications.due, size=7)
    monkeypatch.setattr(world.notifications, "due", pages)
    everything = {stored(world).id for _ in range(100)}

    done = dispatch(world.ports, lambda: True)
    first = messages(world)
    rest = tick(world)

    assert enqueued(done) == len(first) == 7 * SHARDS
    assert not any(each.complete for each in done)
    assert all(each.complete for each in rest)
    second = messages(world)
    assert set(first).isdisjoint(second)
    assert set(first) | set(second) == everything


def test_the_cursor_moves_to_the_end_of_the_look_ahead(world: World) -> None:
    notification = stored(world)

    tick(world)

    shard = shard_of("pigeon", notification.id, SHARDS)
    end = WakeUp(to_epoch_ms(NOON + LOOK_AHEAD), "")
    assert world.modules.progress()["pigeon"].cursors == {shard: end}


def test_a_notification_under_way_is_enqueued_too_without_effect(world: World) -> None:
    sending = claimed(world, stored(world))

    assert enqueued(tick(world)) == 1
    assert world.stored(sending) is sending
