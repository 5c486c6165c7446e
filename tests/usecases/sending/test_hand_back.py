"""What a run has no room for goes back to the queue unclaimed, spread and in small messages."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from notification_core.adapters.memory.stores import MemoryQueues
from notification_core.domain.clock import to_epoch_ms
from notification_core.domain.due import WakeUp
from notification_core.domain.modules import Module
from notification_core.domain.notification import Notification
from notification_core.domain.status import Status
from notification_core.usecases.sending.batch_result import DeliveryBatchResult
from notification_core.usecases.sending.deliver import deliver
from notification_core.usecases.sending.enqueue import wake_up_for
from notification_core.usecases.sending.hand_back import Room, RoomFor, take_what_fits, unlimited
from tests.builders import NOON, World
from tests.usecases.steps import stored


class Sends(MemoryQueues):
    """Notes what is sent at once; refuses some of these."""

    def __init__(self, *refused: int) -> None:
        super().__init__()
        self.at_once: list[Sequence[tuple[WakeUp, int]]] = []
        self._refused = refused

    def send(self, module: str, wake_ups: Sequence[tuple[WakeUp, int]]) -> bool:
        self.at_once.append(wake_ups)
        return len(self.at_once) not in self._refused and super().send(module, wake_ups)


def room(sends: int, *delays: int, pack: int = 100) -> RoomFor:
    """A run that has room for so many of as many as there are."""

    def room_for(_: Module, wanted: int) -> Room:
        return Room(min(sends, wanted), delays, pack)

    return room_for


def waking(number: int) -> list[WakeUp]:
    """So many different ones."""
    return [WakeUp(1, str(n)) for n in range(number)]


def test_a_batch_without_a_rate_limit_is_taken_whole(world: World) -> None:
    assert take_what_fits(world.ports, world.module, waking(3), unlimited) == (waking(3), [])
    assert world.queues.sent == {}


def test_notifications_that_do_not_fit_come_again_at_their_times(world: World) -> None:
    taken, refused = take_what_fits(world.ports, world.module, waking(4), room(1, 0, 5, 10))

    assert (taken, refused) == (waking(1), [])
    assert world.queues.sent["pigeon"] == [*zip(waking(4)[1:], [0, 5, 10], strict=True)]


def test_those_of_one_delay_are_sent_in_parts_that_fit_into_a_message(world: World) -> None:
    queues = Sends()
    ports = replace(world.ports, queues=queues)

    take_what_fits(ports, world.module, waking(7), room(0, 0, 0, 0, 1, 1, 1, 2, pack=2))

    delays = [sorted(delay for _, delay in each) for each in queues.at_once]
    assert delays == [[0, 0, 1, 1, 2], [0, 1]]
    assert len({wake_up for each in queues.at_once for wake_up, _ in each}) == 7


def test_notifications_with_the_longest_delay_are_not_divided(world: World) -> None:
    queues = Sends()
    ports = replace(world.ports, queues=queues)

    take_what_fits(ports, world.module, waking(50), room(0, *[900] * 50, pack=1))

    assert [len(each) for each in queues.at_once] == [50]


def test_a_message_that_the_queue_does_not_take_back_is_handed_over_again(world: World) -> None:
    ports = replace(world.ports, queues=Sends(1))

    _, refused = take_what_fits(ports, world.module, waking(3), room(1, 0, 0, pack=1))

    assert refused == waking(2)[1:]


def handed(world: World, room_for: RoomFor, *batch: Notification) -> DeliveryBatchResult:
    """Hand a batch to a run that has so much room."""
    wake_ups = [wake_up_for(each) for each in batch]
    return deliver(world.ports, "pigeon", wake_ups, world.provider, room_for=room_for)


def test_a_run_claims_only_the_notifications_that_it_can_send(world: World) -> None:
    notifications = sorted([stored(world) for _ in range(5)], key=wake_up_for)

    done = handed(world, room(2, 0, 1, 2), *notifications)

    assert {each.id for each in done.settled} == {each.id for each in notifications[:2]}
    for each in notifications[2:]:
        assert world.stored(each) is each
        assert world.stored(each).status is Status.SCHEDULED
    assert world.queues.sent["pigeon"] == [
        (wake_up_for(each), delay) for delay, each in enumerate(notifications[2:])
    ]
    assert (done.dropped, done.undecided) == (0, [])


def test_a_message_whose_rest_the_queue_refused_is_handed_over_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    notifications = sorted([stored(world), stored(world)], key=wake_up_for)
    monkeypatch.setattr(world.queues, "send", lambda *_: False)

    done = handed(world, room(1, 0), *notifications)

    assert done.undecided == [wake_up_for(notifications[1])]


def test_an_early_notification_is_put_back_and_takes_no_room(world: World) -> None:
    due, early = stored(world), stored(world)
    early_wake_up = replace(wake_up_for(early), due_at=wake_up_for(early).due_at + 60_000)

    deliver(
        world.ports,
        "pigeon",
        [wake_up_for(due), early_wake_up],
        world.provider,
        room_for=room(1),
    )

    assert [each.id for each in world.provider.seen] == [due.id]
    assert world.queues.sent["pigeon"] == [(early_wake_up, 60)]


@pytest.mark.parametrize(("precision", "delays"), [("second", [0, 0, 1]), ("exact", [0, 0, 0])])
def test_notifications_beyond_a_run_come_no_earlier_than_their_precision_allows(
    world: World, precision: str, delays: list[int]
) -> None:
    """The pace may be free again before the moment has come."""
    module = replace(world.module, precision=precision)
    now = to_epoch_ms(NOON)
    wake_ups = [WakeUp(now, "due"), WakeUp(now, "overdue"), WakeUp(now + 150, "nearly due")]

    take_what_fits(world.ports, module, wake_ups, room(0, 0, 0, 0))

    assert [delay for _, delay in world.queues.sent["pigeon"]] == delays
