"""A target's function asks its provider about what it took, and judges what it says."""

import io
from collections.abc import Sequence
from datetime import timedelta
from threading import Event

import pytest

from notification_core.domain.delivery import (
    Accepted,
    Confirmed,
    Delivery,
    Outcome,
    PendingConfirmation,
    ReportContent,
)
from notification_core.domain.failures import Misconfigured, ProviderError, RetryLater
from notification_core.domain.notification import Notification
from notification_core.domain.status import ConfirmationState, Status
from notification_core.entrypoints.consumer import batch_consumer, consumer
from tests.builders import ASKED, NOON, World, a_module, a_table
from tests.entrypoints.events import Context, body, refusing, run, stored

pytestmark = pytest.mark.usefixtures("log")

TABLE = a_table(
    _30007={"class": "message", "description": "a carrier filtered it"},
    _20003={"class": "configuration"},
    _30003={"class": "transient"},
)


@pytest.fixture(autouse=True)
def asked(world: World) -> None:
    """A module whose provider is asked after a minute."""
    world.modules.put(a_module(confirmation=ASKED, errors=TABLE))


def sent(world: World, count: int = 1) -> list[Notification]:
    """So many that the provider took, at the time of their look."""
    notifications = stored(world, count)
    for each in notifications:
        run(consumer(lambda it: f"SM-{it.id}"), body(each))
    world.watch.forward(minutes=1)
    after = [world.stored(each) for each in notifications]
    assert {each.status for each in after} == {Status.SENT}
    return after


def test_a_providers_code_in_a_poll_is_classified_by_the_modules_table(world: World) -> None:
    for code, status in [("30007", Status.DELIVERY_FAILURE), ("30003", Status.RETRY)]:
        [notification] = stored(world)

        run(consumer(refusing(ProviderError(code, message="to +15551234567"))), body(notification))

        after = world.stored(notification)
        assert after.status is status
        assert after.last_error is not None
        assert (after.last_error.code, after.last_error.message) == (code, "to •••")


def test_each_of_many_may_have_a_code(world: World) -> None:
    good, bad = stored(world, 2)

    def send_many(deliveries: Sequence[Delivery]) -> Sequence[Outcome | ProviderError]:
        return [ProviderError("30007") if it.id == bad.id else Accepted("SM1") for it in deliveries]

    run(batch_consumer(send_many, size=10, parallel=1), body(good, bad))

    assert world.stored(good).status is Status.SENT
    assert world.stored(bad).status is Status.DELIVERY_FAILURE


def test_a_handler_may_declare_that_there_is_no_confirmation(world: World) -> None:
    [notification] = stored(world)

    run(consumer(lambda _: Accepted("SM1", "as a draft", unconfirmable=True)), body(notification))

    after = world.stored(notification)
    assert (after.status, after.timeline[-1].detail) == (Status.DELIVERED, "as a draft")


def test_a_poll_asks_about_each_message_and_stores_the_results(world: World) -> None:
    arrived, filtered, silent = sent(world, 3)
    said: dict[str, ReportContent | ProviderError] = {
        arrived.id: Confirmed(),
        filtered.id: ProviderError("30007"),
    }

    again = run(
        consumer(refusing(AssertionError("sent")), lambda it: said.get(it.id)),
        body(arrived, filtered, silent),
    )

    assert again == []
    assert [world.stored(each).status for each in (arrived, filtered, silent)] == [
        Status.DELIVERED,
        Status.DELIVERY_FAILURE,
        Status.SENT,
    ]


def test_many_are_asked_about_in_one_request(world: World) -> None:
    awaited = sent(world, 25)
    sizes: list[int] = []

    def poll_many(asked: Sequence[PendingConfirmation]) -> Sequence[ReportContent]:
        sizes.append(len(asked))
        assert all(each.provider_message_id == f"SM-{each.id}" for each in asked)
        return [Confirmed() for _ in asked]

    handler = batch_consumer(lambda _: [], poll_many, size=10, parallel=2, poll_size=10)
    run(handler, body(*awaited))

    assert sorted(sizes) == [5, 10, 10]
    assert {world.stored(each).status for each in awaited} == {Status.DELIVERED}


@pytest.mark.parametrize(
    "error", [RetryLater("503"), ProviderError("30003"), KeyError("the secret")]
)
def test_a_message_that_cannot_be_polled_does_not_cost_the_others_their_results(
    world: World, log: io.StringIO, error: Exception
) -> None:
    bad, good = sent(world, 2)

    def poll(awaited: PendingConfirmation) -> ReportContent:
        if awaited.id == bad.id:
            raise error
        return Confirmed()

    run(consumer(refusing(AssertionError("sent")), poll), body(bad, good))

    assert (world.stored(bad).status, world.stored(good).status) == (Status.SENT, Status.DELIVERED)
    assert bad.due_at is not None
    assert world.stored(bad).due_at == bad.due_at + timedelta(minutes=1)
    assert "the secret" not in log.getvalue()


@pytest.mark.parametrize("error", [Misconfigured("20003"), ProviderError("20003")])
def test_a_provider_that_refuses_a_poll_pauses_the_module(world: World, error: Exception) -> None:
    [awaited] = sent(world)

    def poll(_: PendingConfirmation) -> ReportContent:
        raise error

    run(consumer(refusing(AssertionError("sent")), poll), body(awaited))

    module = world.modules.get("pigeon")
    assert module is not None
    assert module.pause is not None
    assert module.pause.code == "20003"
    assert world.stored(awaited).status is Status.SENT


def test_results_that_do_not_match_the_request_are_ignored(world: World) -> None:
    awaited = sent(world, 2)

    handler = batch_consumer(
        lambda _: [], lambda asked: [Confirmed()] * (len(asked) + 1), size=10, parallel=1
    )
    run(handler, body(*awaited))

    assert {world.stored(each).status for each in awaited} == {Status.SENT}


def test_a_poll_without_time_is_repeated_later(world: World) -> None:
    [awaited] = sent(world)
    context = Context()
    context.remaining = 1

    def poll(_: PendingConfirmation) -> ReportContent:
        raise AssertionError("asked")

    run(consumer(refusing(AssertionError("sent")), poll), body(awaited), context=context)

    after = world.stored(awaited)
    assert after.status is Status.SENT
    assert after.due_at is not None
    assert after.due_at > world.watch()


def at_its_last_look(world: World, awaited: Notification) -> Notification:
    """Come to the moment at which no news means that nobody will ever say."""
    world.watch.now = NOON + timedelta(hours=1)
    waiting = world.stored(awaited).poll_rescheduled(world.watch(), world.watch())
    world.notifications.stored[awaited.id] = waiting
    return waiting


@pytest.mark.parametrize(
    "error",
    [RetryLater("503"), ProviderError("30003"), KeyError("a bug"), ProviderError(status=429)],
)
def test_a_provider_that_does_not_answer_was_not_asked(world: World, error: Exception) -> None:
    [awaited] = sent(world)
    late = at_its_last_look(world, awaited)

    def poll(_: PendingConfirmation) -> ReportContent:
        raise error

    run(consumer(refusing(AssertionError("sent")), poll), body(late))

    after = world.stored(awaited)
    assert after.confirmation(world.watch.now) is ConfirmationState.AWAITED
    assert after.due_at == world.watch() + timedelta(minutes=1)


def test_an_error_about_the_message_is_a_poll_without_a_result(world: World) -> None:
    [awaited] = sent(world)
    late = at_its_last_look(world, awaited)

    def poll(_: PendingConfirmation) -> ReportContent:
        raise ProviderError("20404", status=404)

    run(consumer(refusing(AssertionError("sent")), poll), body(late))

    assert world.stored(awaited).confirmation(world.watch.now) is ConfirmationState.NONE


def test_a_poll_without_time_is_not_given_up(world: World) -> None:
    [awaited] = sent(world)
    late = at_its_last_look(world, awaited)
    context = Context()
    context.remaining = 1

    def poll(_: PendingConfirmation) -> ReportContent:
        raise AssertionError("asked")

    run(consumer(refusing(AssertionError("sent")), poll), body(late), context=context)

    assert world.stored(awaited).confirmation(world.watch.now) is ConfirmationState.AWAITED


def test_polls_have_threads_that_no_send_can_take(world: World) -> None:
    """Each send waits for the look, so with one pool the look would never begin."""
    [awaited] = sent(world)
    fresh = stored(world, 4)
    asked = Event()

    def poll(_: PendingConfirmation) -> ReportContent:
        asked.set()
        return Confirmed()

    def send(_: Delivery) -> str:
        assert asked.wait(10), "the look waits for the sends"
        return "SM1"

    run(consumer(send, poll, parallel=2), body(*fresh, awaited))

    assert world.stored(awaited).status is Status.DELIVERED
    assert {world.stored(each).status for each in fresh} == {Status.SENT}


def test_a_target_with_callbacks_sends_no_poll_and_waits(world: World) -> None:
    [awaited] = sent(world)

    run(consumer(refusing(AssertionError("sent"))), body(awaited))

    assert world.stored(awaited).status is Status.SENT
