"""One batch of messages: what each outcome makes of its notification."""

from collections.abc import Iterator, Sequence

import pytest

from notification_core.domain.clock import to_epoch_ms
from notification_core.domain.delivery import Accepted, Delivery
from notification_core.domain.due import WakeUp
from notification_core.domain.failures import (
    ConsentWithdrawn,
    DeliveryFailed,
    InvalidAddress,
    Misconfigured,
    OutcomeUnknown,
    Rejected,
    RetryLater,
    Throttled,
)
from notification_core.domain.modules import Module, PausedBy
from notification_core.domain.status import Status
from notification_core.usecases.sending.deliver import LANE, RECORDED_TOGETHER, deliver
from notification_core.usecases.sending.enqueue import wake_up_for
from tests.builders import NOON, World, a_pause
from tests.usecases.steps import claimed, handed, messages, stored, with_module

ADDRESS = "123"


def test_the_provider_gets_the_fields_that_it_needs_and_no_others(world: World) -> None:
    notification = stored(world)

    handed(world, notification)

    [delivery] = world.provider.seen
    content = notification.content
    assert (delivery.title, delivery.body, delivery.extra) == (content.title, content.body, {})
    assert (delivery.id, delivery.user, delivery.address) == (notification.id, "eggs", ADDRESS)
    assert (delivery.attempt, delivery.scheduled_delivery) == (1, NOON)


@pytest.mark.parametrize(
    ("category", "unsubscribable"), [(None, False), ("news", True), ("receipts", False)]
)
def test_the_provider_gets_the_category_to_unsubscribe_from_if_there_is_one(
    world: World, category: str | None, *, unsubscribable: bool
) -> None:
    with_module(world, mandatory_categories=frozenset({"receipts"}))

    handed(world, stored(world, category=category))

    [delivery] = world.provider.seen
    assert (delivery.category, delivery.unsubscribable) == (category, unsubscribable)


def test_the_provider_gets_the_time_of_an_earlier_attempt_that_may_have_been_sent(
    world: World,
) -> None:
    notification = stored(world, retry_time_interval=1)
    world.provider.answers[ADDRESS] = [OutcomeUnknown("cut"), RetryLater("503"), RetryLater("503")]
    handed(world, notification)
    for _ in range(2):
        world.watch.forward(minutes=1)
        handed(world, world.stored(notification))

    assert [each.possibly_sent_at for each in world.provider.seen] == [None, NOON, NOON]


def test_an_accepted_message_is_delivered(world: World) -> None:
    notification = stored(world)
    world.provider.answers[ADDRESS] = [Accepted("SM1")]

    done = handed(world, notification)

    after = world.stored(notification)
    assert (after.status, after.provider_message_id) == (Status.DELIVERED, "SM1")
    assert (after.attempted_delivery, after.retry_attempts) == (NOON, 0)
    assert done.settled == [after]
    assert messages(world) == {}


@pytest.mark.parametrize(
    ("failure", "status", "attempts"),
    [
        (Rejected("21617"), Status.DELIVERY_FAILURE, 1),
        (InvalidAddress("21211"), Status.INACTIVE_DEVICE, 0),
        (ConsentWithdrawn("21610"), Status.OPTED_OUT, 0),
        (RetryLater("503"), Status.RETRY, 1),
        (Throttled("429"), Status.RETRY, 0),
        (Misconfigured("20003"), Status.RETRY, 0),
        (OutcomeUnknown("cut"), Status.RETRY, 1),
    ],
)
def test_a_failure_is_handled_by_its_class(
    world: World, failure: DeliveryFailed, status: Status, attempts: int
) -> None:
    notification = stored(world)
    world.provider.answers[ADDRESS] = [failure]

    done = handed(world, notification)

    after = world.stored(notification)
    assert (after.status, after.retry_attempts) == (status, attempts)
    assert after.last_error is not None
    assert after.last_error.code == failure.code
    assert done.settled == [after]


def test_each_of_a_batch_has_its_own_outcome(world: World) -> None:
    there = [world.record, *(world.add_record(target_user_id=each) for each in ("456", "789"))]
    good, bad, late = (stored(world, target_user_record=each.id) for each in there)
    world.provider.answers = {"456": [Rejected("30007")], "789": [RetryLater("503")]}

    handed(world, good, bad, late)

    statuses = [world.stored(each).status for each in (good, bad, late)]
    assert statuses == [Status.DELIVERED, Status.DELIVERY_FAILURE, Status.RETRY]


def test_a_dead_address_is_switched_off_and_no_other(world: World) -> None:
    other = world.add_record(target_user_id="456")
    world.provider.answers[ADDRESS] = [InvalidAddress("21211")]
    world.watch.forward(seconds=1)

    handed(world, stored(world), stored(world, target_user_record=other.id))

    off = world.record.deactivated(InvalidAddress("21211"), world.watch())
    assert world.records.stored == {world.record.id: off, other.id: other}


def test_a_retry_that_is_due_soon_is_enqueued(world: World) -> None:
    notification = stored(world, retry_time_interval=30)
    world.provider.answers[ADDRESS] = [RetryLater("503")]

    handed(world, notification)

    assert notification.id in messages(world)


def test_a_retry_that_is_due_later_is_left_to_the_dispatcher(world: World) -> None:
    notification = stored(world, retry_time_interval=600)
    world.provider.answers[ADDRESS] = [RetryLater("503")]

    handed(world, notification)

    assert messages(world) == {}


def test_attempts_are_numbered_and_the_last_one_ends_it(world: World) -> None:
    notification = stored(world, retry_time_interval=1)
    world.provider.answers[ADDRESS] = [RetryLater("503")] * 3
    handed(world, notification)
    for _ in range(2):
        [(wake_up, _)] = world.queues.sent.pop("pigeon")
        world.watch.forward(seconds=5)
        handed(world, wake_up)

    assert [each.attempt for each in world.provider.seen] == [1, 2, 3]
    assert world.stored(notification).status is Status.DELIVERY_FAILURE
    assert messages(world) == {}


def test_the_messages_of_a_module_that_a_person_paused_are_dropped_and_its_notifications_wait(
    world: World,
) -> None:
    notification = stored(world)
    world.modules.pause("pigeon", a_pause(by=PausedBy.PERSON))

    done = handed(world, notification, WakeUp(to_epoch_ms(NOON), "other"))

    assert done.dropped == 2
    assert world.provider.seen == []
    assert world.stored(notification) is notification


def test_a_module_that_is_not_deployed_delivers_nothing(world: World) -> None:
    notification = stored(world, module="dodo")

    done = deliver(
        world.ports, "dodo", [WakeUp(to_epoch_ms(NOON), notification.id)], world.provider
    )

    assert done.dropped == 1
    assert world.stored(notification) is notification


def test_an_empty_batch_is_nothing_to_do(world: World) -> None:
    assert handed(world).settled == []


def test_a_batch_of_many_goes_side_by_side_and_each_once(world: World) -> None:
    many = [stored(world) for _ in range(2 * LANE + 1)]

    done = handed(world, *many)

    assert {each.id for each in done.settled} == {each.id for each in many}
    assert sorted(each.id for each in world.provider.seen) == sorted(each.id for each in many)
    assert {world.stored(each).status for each in many} == {Status.DELIVERED}


def test_outcomes_are_recorded_while_the_others_are_being_sent(world: World) -> None:
    many = [stored(world) for _ in range(RECORDED_TOGETHER + 1)]

    def send_all(deliveries: Sequence[Delivery], _: Module) -> Iterator[list[Accepted]]:
        for delivery in deliveries[:-1]:
            yield [Accepted(delivery.id)]
        delivered = [each for each in many if world.stored(each).status is Status.DELIVERED]
        assert len(delivered) == RECORDED_TOGETHER
        yield [Accepted(deliveries[-1].id)]

    deliver(world.ports, world.module.name, [wake_up_for(each) for each in many], send_all)

    assert {world.stored(each).status for each in many} == {Status.DELIVERED}


def test_a_wake_up_of_anothers_notification_is_dropped_whatever_its_state(world: World) -> None:
    waiting, abandoned = stored(world), claimed(world, stored(world))
    world.watch.forward(hours=1)
    with_module(world, name="owl")

    batch = [wake_up_for(waiting), wake_up_for(abandoned)]
    done = deliver(world.ports, "owl", batch, world.provider)

    assert (done.settled, done.dropped, world.provider.seen) == ([], 2, [])
    assert world.stored(waiting) == waiting
    assert world.stored(abandoned) == abandoned
