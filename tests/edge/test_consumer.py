"""A target's function: from a queue's event to the provider and back."""

import io
import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from notifications.adapters.sqs_queues import to_body
from notifications.domain.notification import Notification
from notifications.domain.outcome import (
    Accepted,
    Delivery,
    Outcome,
    Rejected,
    RetryLater,
)
from notifications.domain.status import Status
from notifications.edge import consumer as edge
from notifications.edge.consumer import LambdaHandler, batch_consumer, consumer
from notifications.edge.pace import Pace
from notifications.edge.settings import ConsumerSettings
from notifications.ports import WakeUp
from notifications.usecases.enqueue import wake_up_of
from tests.builders import World, a_notification

SETTINGS = ConsumerSettings(
    module="pigeon", secret_id="pigeon", provider_url=None, max_concurrency=1
)


class Context:
    """What Lambda tells a function of its time."""

    remaining = 60_000

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining


@pytest.fixture(autouse=True)
def log(world: World, monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """The consumer over the world in memory; what it logs."""
    written = io.StringIO()
    monkeypatch.setattr(edge, "ports", lambda: world.ports)
    monkeypatch.setattr(edge, "consumer_settings", lambda: SETTINGS)
    monkeypatch.setattr(edge, "_pace", lambda: Pace(SETTINGS.max_concurrency))
    monkeypatch.setattr(edge, "logger", Logger(service="test", stream=written))
    return written


def stored(world: World, count: int = 1) -> list[Notification]:
    """Store so many for the world's address."""
    made = [a_notification(target_user_record=world.record.id) for _ in range(count)]
    world.notifications.create(made)
    return made


def body(*notifications: Notification) -> str:
    """One message, which may be for several."""
    return to_body([wake_up_of(each) for each in notifications])


def run(handler: LambdaHandler, *bodies: str, context: Context | None = None) -> list[str]:
    """Hand the messages over, numbered; returns those that the queue is to hand over again."""
    records = [{"messageId": str(n), "body": text} for n, text in enumerate(bodies)]
    answer = handler({"Records": records}, context or Context())
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


def refusing(failure: Exception) -> Callable[[Delivery], str | None]:
    """A handler that always fails so."""

    def send(_: Delivery) -> str | None:
        raise failure

    return send


def test_what_the_handler_returns_is_the_providers_message_id(world: World) -> None:
    notifications = stored(world, 3)

    again = run(consumer(lambda it: f"SM-{it.id}"), *(body(each) for each in notifications))

    assert again == []
    for each in notifications:
        after = world.stored(each)
        assert (after.status, after.provider_message_id) == (Status.DELIVERED, f"SM-{each.id}")


def test_what_the_handler_raises_decides(world: World) -> None:
    [notification] = stored(world)

    assert run(consumer(refusing(Rejected("21617", "too long"))), body(notification)) == []

    assert world.stored(notification).status is Status.DELIVERY_FAILURE


def test_a_bug_in_a_handler_may_have_sent_and_tells_no_secrets(
    world: World, log: io.StringIO
) -> None:
    [notification] = stored(world)

    run(consumer(refusing(KeyError("the secret"))), body(notification))

    error = world.stored(notification).last_error
    assert error is not None
    assert (error.blame, error.code, error.message) == ("ambiguous", "handler-failed", "KeyError")
    told = json.loads(log.getvalue().splitlines()[0])
    assert told["error"] == "KeyError"
    assert "test_consumer.py" in "".join(told["traceback"])
    assert "the secret" not in log.getvalue()


def test_the_address_is_masked_wherever_a_failure_is_kept(world: World) -> None:
    [notification] = stored(world)
    address = world.record.target_user_id

    run(consumer(refusing(RetryLater("503", f"no route to {address}"))), body(notification))

    after = world.stored(notification)
    assert after.last_error is not None
    assert after.last_error.message == "no route to •••"
    assert after.timeline[-1].detail == "503: no route to •••"


UNREADABLE = [
    "",
    "{}",
    "null",
    "[]",
    '{"wake_ups": 1}',
    '{"wake_ups": [{"id": "x"}]}',
    '{"wake_ups": [{"id": "x", "due_at": "soon"}]}',
]


def test_an_unreadable_message_goes_back_and_the_others_go_on(world: World) -> None:
    [notification] = stored(world)

    again = run(consumer(lambda _: "SM1"), *UNREADABLE, body(notification))

    assert again == [str(n) for n in range(len(UNREADABLE))]
    assert world.stored(notification).status is Status.DELIVERED


def test_a_message_for_nothing_is_done_with(world: World) -> None:
    assert run(consumer(lambda _: "SM1"), body(a_notification())) == []
    assert world.notifications.stored == {}


def test_only_the_message_that_could_not_be_decided_is_handed_over_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, bad, with_bad, last = stored(world, 4)
    claim = world.notifications._claim

    def undecided(wake_up: WakeUp, *rest: Any) -> object:
        return RuntimeError("throttled") if wake_up.id == bad.id else claim(wake_up, *rest)

    monkeypatch.setattr(world.notifications, "_claim", undecided)

    again = run(consumer(lambda _: "SM1"), body(first), body(bad, with_bad), body(last))

    assert again == ["1"]
    assert {world.stored(each).status for each in (first, with_bad, last)} == {Status.DELIVERED}


def test_what_comes_twice_is_sent_once(world: World) -> None:
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


def test_what_a_request_of_many_raises_is_the_outcome_of_them_all(world: World) -> None:
    notifications = stored(world, 3)

    def send_many(_: Sequence[Delivery]) -> Sequence[Outcome]:
        raise Rejected("413")

    run(batch_consumer(send_many, size=10, parallel=2), body(*notifications))

    assert {world.stored(each).status for each in notifications} == {Status.DELIVERY_FAILURE}


@pytest.mark.parametrize("too_many", [-1, 1])
def test_outcomes_that_do_not_match_their_deliveries_are_believed_of_none(
    world: World, too_many: int
) -> None:
    notifications = stored(world, 4)

    def send_many(deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        return [Accepted("SM1")] * (len(deliveries) + too_many)

    run(batch_consumer(send_many, size=2, parallel=2), body(*notifications))

    for each in notifications:
        error = world.stored(each).last_error
        assert error is not None
        assert (error.blame, error.code) == ("ambiguous", "handler-failed")


def test_refused_credentials_are_fetched_anew(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    [notification] = stored(world)
    forgotten: list[bool] = []
    monkeypatch.setattr(edge, "forget_credentials", lambda: forgotten.append(True))

    run(consumer(refusing(Misconfigured("20003"))), body(notification))

    assert forgotten == [True]
    assert world.stored(notification).retry_attempts == 0


def test_what_there_is_no_time_to_begin_goes_back_unspent(world: World) -> None:
    [notification] = stored(world)
    context = Context()
    context.remaining = 1

    again = run(consumer(refusing(AssertionError("sent"))), body(notification), context=context)

    after = world.stored(notification)
    assert again == []
    assert (after.status, after.retry_attempts) == (Status.RETRY, 0)
    assert after.last_error is not None
    assert after.last_error.code == "out-of-time"
