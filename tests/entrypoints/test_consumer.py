"""A target's function: from a queue's event to the provider and back."""

from collections.abc import Sequence

import pytest

from notification_core.domain.delivery import Accepted, Delivery, Outcome
from notification_core.domain.failures import Rejected, RetryLater
from notification_core.domain.status import Status
from notification_core.entrypoints.consumer import batch_consumer, consumer
from tests.builders import World
from tests.entrypoints.events import body, refusing, run, stored

pytestmark = pytest.mark.usefixtures("log")


def test_the_return_value_of_the_handler_is_the_providers_message_id(world: World) -> None:
    notifications = stored(world, 3)

    again = run(consumer(lambda it: f"SM-{it.id}"), *(body(each) for each in notifications))

    assert again == []
    for each in notifications:
        after = world.stored(each)
        assert (after.status, after.provider_message_id) == (Status.DELIVERED, f"SM-{each.id}")


def test_the_exception_of_the_handler_is_the_outcome(world: World) -> None:
    [notification] = stored(world)

    assert run(consumer(refusing(Rejected("21617", "too long"))), body(notification)) == []

    assert world.stored(notification).status is Status.DELIVERY_FAILURE


def test_the_address_is_masked_wherever_a_failure_is_kept(world: World) -> None:
    [notification] = stored(world)
    address = world.record.target_user_id

    run(consumer(refusing(RetryLater("503", f"no route to {address}"))), body(notification))

    after = world.stored(notification)
    assert after.last_error is not None
    assert after.last_error.message == "no route to •••"
    assert (after.timeline[-1].code, after.timeline[-1].detail) == ("503", "no route to •••")


def test_a_message_that_comes_twice_is_sent_once(world: World) -> None:
    [notification] = stored(world)
    seen: list[str] = []

    def send(delivery: Delivery) -> None:
        seen.append(delivery.id)

    run(consumer(send), body(notification, notification), body(notification))

    assert seen == [notification.id]


def test_many_go_in_one_request_and_each_has_its_own_outcome(world: World) -> None:
    notifications = stored(world, 25)
    bad = {each.id for each in notifications[::3]}
    sizes: list[int] = []

    def send_many(deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        sizes.append(len(deliveries))
        return [Rejected("no") if it.id in bad else Accepted(it.id) for it in deliveries]

    run(batch_consumer(send_many, size=10, parallel=2), body(*notifications))

    assert sorted(sizes) == [5, 10, 10]
    for each in notifications:
        after = world.stored(each)
        assert after.provider_message_id == (None if each.id in bad else each.id)
        assert after.status is (Status.DELIVERY_FAILURE if each.id in bad else Status.DELIVERED)


def test_an_exception_of_a_request_for_many_is_the_outcome_of_all(world: World) -> None:
    notifications = stored(world, 3)

    def send_many(_: Sequence[Delivery]) -> Sequence[Outcome]:
        raise Rejected("413")

    run(batch_consumer(send_many, size=10, parallel=2), body(*notifications))

    assert {world.stored(each).status for each in notifications} == {Status.DELIVERY_FAILURE}
