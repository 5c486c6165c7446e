"""However often a message comes, and whoever comes late: one claim, one send, one outcome."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from notification_core.domain.delivery import Accepted, Delivery, Outcome
from notification_core.domain.due import WakeUp
from notification_core.domain.failures import RetryLater
from notification_core.domain.modules import Module
from notification_core.domain.status import Status
from notification_core.domain.timeline import EventKind
from notification_core.domain.timing import LEASE
from notification_core.usecases.sending.deliver import deliver
from notification_core.usecases.sending.enqueue import wake_up_for
from tests.builders import NOON, World
from tests.usecases.steps import claimed, handed, messages, put_back, stored, with_module

MILLISECOND = timedelta(milliseconds=1)


def test_a_message_that_comes_twice_in_one_batch_is_sent_once(world: World) -> None:
    notification = stored(world)

    done = handed(world, notification, notification, notification)

    assert len(world.provider.seen) == len(done.settled) == 1


def test_a_message_that_comes_again_in_another_batch_is_dropped(world: World) -> None:
    notification = stored(world)
    handed(world, notification)

    done = handed(world, notification)

    assert (done.dropped, len(world.provider.seen)) == (1, 1)
    assert world.stored(notification).status is Status.DELIVERED


def test_a_notification_that_another_consumer_sends_is_left_to_it(world: World) -> None:
    sending = claimed(world, stored(world))
    world.watch.now += LEASE

    done = handed(world, sending)

    assert (done.dropped, world.provider.seen) == (1, [])
    assert world.stored(sending) is sending


def test_a_message_of_an_earlier_turn_is_dropped(world: World) -> None:
    notification = stored(world)
    retried = put_back(world, notification, minutes=1)
    world.watch.forward(minutes=2)

    done = handed(world, notification)

    assert (done.dropped, world.provider.seen) == (1, [])
    assert world.stored(notification) is retried


def test_of_two_turns_in_one_batch_the_later_one_counts(world: World) -> None:
    notification = stored(world)
    retried = put_back(world, notification, minutes=1)
    world.watch.forward(minutes=2)

    handed(world, notification, retried)

    assert [each.attempt for each in world.provider.seen] == [2]


def test_the_message_of_a_later_turn_is_not_lost_to_an_earlier_one(world: World) -> None:
    notification = stored(world)
    retried = put_back(world, notification, minutes=1)

    handed(world, retried, notification)

    assert world.provider.seen == []
    assert messages(world) == {retried.id: 60}


@pytest.mark.parametrize("status", [Status.CANCELLED, Status.OPTED_OUT])
def test_a_notification_that_ended_before_its_claim_is_dropped(
    world: World, status: Status
) -> None:
    before = stored(world)
    cancelled = status is Status.CANCELLED
    after = before.cancelled(NOON) if cancelled else before.opted_out(NOON, "")
    world.notifications.stored[before.id] = after

    done = handed(world, before)

    assert (done.dropped, world.provider.seen) == (1, [])
    assert world.stored(before) is after


def test_a_message_for_nothing_is_dropped(world: World) -> None:
    done = handed(world, WakeUp(0, "nowhere"))

    assert (done.dropped, done.undecided) == (1, [])


@pytest.mark.parametrize(
    ("policy", "status"),
    [("at_least_once", Status.RETRY), ("at_most_once", Status.UNKNOWN)],
)
def test_a_lapsed_lease_is_settled_by_the_modules_policy(
    world: World, policy: str, status: Status
) -> None:
    with_module(world, on_unknown=policy)
    sending = claimed(world, stored(world))
    world.watch.now += LEASE + MILLISECOND

    done = handed(world, sending)

    after = world.stored(sending)
    assert world.provider.seen == []
    assert (after.status, after.claim) == (status, None)
    assert done.settled == [after]
    assert done.dropped == 0


def test_after_a_lapsed_lease_it_may_go_twice_and_no_more(world: World) -> None:
    notification = stored(world, max_retries=10, retry_time_interval=1)
    for _ in range(2):
        sending = claimed(world, world.stored(notification))
        world.watch.now += LEASE + MILLISECOND
        handed(world, sending)
        world.watch.forward(minutes=1)

    after = world.stored(notification)
    assert after.status is Status.UNKNOWN
    assert [each.event for each in after.timeline].count(EventKind.POSSIBLY_SENT) == 1


def test_a_late_consumer_is_superseded(world: World) -> None:
    """Its lease lapses while it sends; another claims, and sends too."""
    notification = stored(world, retry_time_interval=1)

    def slow(deliveries: Sequence[Delivery], _: Module) -> list[list[Outcome]]:
        world.watch.now += LEASE + MILLISECOND
        handed(world, world.stored(notification))
        world.watch.forward(seconds=10)
        world.provider.answers["123"] = [Accepted("second")]
        handed(world, world.stored(notification))
        return [[Accepted("first") for _ in deliveries]]

    done = deliver(world.ports, "pigeon", [wake_up_for(notification)], slow)

    after = world.stored(notification)
    assert (done.superseded, done.settled, done.unrecorded) == (1, [], 0)
    assert (after.status, after.provider_message_id) == (Status.DELIVERED, "second")


def test_a_late_consumers_failure_brings_back_nothing(world: World) -> None:
    notification = stored(world)

    def slow(deliveries: Sequence[Delivery], _: Module) -> list[list[Outcome]]:
        current = world.stored(notification)
        world.notifications.stored[notification.id] = current.delivered(world.watch(), "other")
        return [[RetryLater("503") for _ in deliveries]]

    done = deliver(world.ports, "pigeon", [wake_up_for(notification)], slow)

    assert done.superseded == 1
    assert world.counters.added.total() == 0
    assert world.stored(notification).status is Status.DELIVERED
    assert messages(world) == {}
