"""A consumer in trouble: what fails takes nothing else with it."""

import io
import json
from collections.abc import Sequence
from typing import Any

import pytest

from notification_core.domain.delivery import Accepted, Delivery, Outcome
from notification_core.domain.due import WakeUp
from notification_core.domain.failures import Misconfigured
from notification_core.domain.status import Status
from notification_core.entrypoints import provider_calls
from notification_core.entrypoints.consumer import batch_consumer, consumer
from tests.builders import World, a_notification
from tests.entrypoints.events import Context, body, refusing, run, stored

pytestmark = pytest.mark.usefixtures("log")


def test_a_bug_in_a_handler_may_have_sent_and_its_log_holds_no_secrets(
    world: World, log: io.StringIO
) -> None:
    [notification] = stored(world)

    run(consumer(refusing(KeyError("the secret"))), body(notification))

    error = world.stored(notification).last_error
    assert error is not None
    assert (error.error_class, error.code, error.message) == (
        "ambiguous",
        "handler-failed",
        "KeyError",
    )
    told = json.loads(log.getvalue().splitlines()[0])
    assert told["error"] == "KeyError"
    assert "raise failure" in "".join(told["traceback"])
    assert "the secret" not in log.getvalue()


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


@pytest.mark.parametrize("too_many", [-1, 1])
def test_outcomes_that_do_not_match_their_deliveries_are_ignored(
    world: World, too_many: int
) -> None:
    notifications = stored(world, 4)

    def send_many(deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        return [Accepted("SM1")] * (len(deliveries) + too_many)

    run(batch_consumer(send_many, size=2, parallel=2), body(*notifications))

    for each in notifications:
        error = world.stored(each).last_error
        assert error is not None
        assert (error.error_class, error.code) == ("ambiguous", "handler-failed")


def test_refused_credentials_are_fetched_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    [notification] = stored(world)
    forgotten: list[bool] = []
    monkeypatch.setattr(provider_calls, "forget_credentials", lambda: forgotten.append(True))

    run(consumer(refusing(Misconfigured("20003"))), body(notification))

    assert forgotten == [True]
    assert world.stored(notification).retry_attempts == 0


def test_a_notification_without_time_to_begin_is_put_back_without_an_attempt(world: World) -> None:
    [notification] = stored(world)
    context = Context()
    context.remaining = 1

    again = run(consumer(refusing(AssertionError("sent"))), body(notification), context=context)

    after = world.stored(notification)
    assert again == []
    assert (after.status, after.retry_attempts) == (Status.RETRY, 0)
    assert after.last_error is not None
    assert after.last_error.code == "out-of-time"
