"""Status polls: the consumer asks the provider, and stores what it answers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event

import pytest

from notification_core.domain.delivery import (
    Accepted,
    Confirmed,
    Delivery,
    NotAsked,
    PendingConfirmation,
    ReportContent,
)
from notification_core.domain.failures import (
    DeliveryFailed,
    InvalidAddress,
    Misconfigured,
    Rejected,
    RetryLater,
)
from notification_core.domain.modules import Module
from notification_core.domain.notification import Notification
from notification_core.domain.status import ConfirmationState, Status
from notification_core.usecases.sending.batch_result import DeliveryBatchResult
from notification_core.usecases.sending.confirm import no_status_polling
from notification_core.usecases.sending.deliver import deliver
from notification_core.usecases.sending.enqueue import wake_up_for
from tests.builders import ASKED, NOON, World, a_claim, a_module
from tests.usecases.sending.confirmations import ADDRESS
from tests.usecases.steps import (
    handed,
    messages,
    stored,
    tick,
    with_module,
)

MINUTE = timedelta(minutes=1)


@dataclass
class Receipts:
    """A provider that is asked."""

    news: dict[str, ReportContent | None] = field(default_factory=dict)
    asked: list[list[str]] = field(default_factory=list)
    failure: Exception | None = None
    missing: int = 0
    poll_deferred: bool = False  #: there is no time for it

    def __call__(
        self, awaited: Sequence[PendingConfirmation], _module: Module
    ) -> Sequence[ReportContent | NotAsked | None]:
        if self.poll_deferred:
            return [NotAsked()] * len(awaited)
        self.asked.append([each.provider_message_id for each in awaited])
        if self.failure is not None:
            raise self.failure
        answers = [self.news.get(each.provider_message_id) for each in awaited]
        return answers[: len(answers) - self.missing]


def due(notification: Notification) -> datetime:
    """When it is looked at next."""
    assert notification.due_at is not None
    return notification.due_at


def poll_rescheduled(
    world: World, receipts: Receipts, *awaited: Notification
) -> DeliveryBatchResult:
    """Hand over the messages of what is to be looked at."""
    batch = [wake_up_for(world.stored(each)) for each in awaited]
    return deliver(world.ports, "pigeon", batch, world.provider, receipts)


def asked_for(world: World, *message_ids: str) -> list[Notification]:
    """Let the provider take some, and come to the time of the first look."""
    with_module(world, confirmation=ASKED)
    notifications = sorted((stored(world) for _ in message_ids), key=lambda each: each.id)
    world.provider.answers[ADDRESS] = [Accepted(each) for each in message_ids]
    for each in notifications:
        handed(world, each)
    messages(world)
    world.watch.forward(minutes=1)
    return notifications


def test_all_due_polls_are_one_request_to_the_provider(world: World) -> None:
    awaited = asked_for(world, "T1", "T2", "T3")
    receipts = Receipts({"T1": Confirmed(), "T2": InvalidAddress("DeviceNotRegistered")})

    done = poll_rescheduled(world, receipts, *awaited)

    assert [sorted(each) for each in receipts.asked] == [["T1", "T2", "T3"]]
    assert [world.stored(each).status for each in awaited] == [
        Status.DELIVERED,
        Status.INACTIVE_DEVICE,
        Status.SENT,
    ]
    assert len(done.settled) == 3
    assert (done.dropped, done.undecided) == (0, [])
    assert not world.records.stored[world.record.id].active


def test_a_message_without_a_result_is_polled_later_and_finally_given_up(world: World) -> None:
    [before] = asked_for(world, "T1")
    receipts = Receipts()
    looks = []
    while (due := world.stored(before).due_at) is not None:
        world.watch.now = due
        looks.append((due - NOON).total_seconds())
        poll_rescheduled(world, receipts, before)

    assert looks == [60, 120, 240, 480, 960, 1920, 3600]
    after = world.stored(before)
    assert after.status is Status.SENT
    assert after.confirmation(world.watch.now) is ConfirmationState.NONE
    assert len(world.provider.seen) == 1


def test_the_dispatcher_wakes_what_is_to_be_looked_at(world: World) -> None:
    [before] = asked_for(world, "T1")

    tick(world)

    [(wake_up, _)] = world.queues.sent["pigeon"]
    done = deliver(world.ports, "pigeon", [wake_up], world.provider, Receipts({"T1": Confirmed()}))
    assert [each.status for each in done.settled] == [Status.DELIVERED]
    assert world.stored(before).status is Status.DELIVERED


def test_a_poll_of_an_earlier_turn_sends_no_request(world: World) -> None:
    [before] = asked_for(world, "T1")
    early = wake_up_for(world.stored(before))
    poll_rescheduled(world, Receipts(), before)
    receipts = Receipts({"T1": Confirmed()})

    done = deliver(world.ports, "pigeon", [early], world.provider, receipts)

    assert (receipts.asked, done.dropped) == ([], 1)


def test_sends_and_polls_of_one_batch_do_not_hinder_each_other(world: World) -> None:
    [awaited] = asked_for(world, "T1")
    fresh = stored(world)

    poll_rescheduled(world, Receipts({"T1": Confirmed()}), awaited, fresh)

    assert world.stored(awaited).status is Status.DELIVERED
    assert world.stored(fresh).status is Status.SENT


@pytest.mark.parametrize(
    "receipts",
    [
        Receipts(failure=ConnectionError("no answer")),
        Receipts(failure=RetryLater("503")),
        Receipts({"T1": Confirmed()}, missing=1),
    ],
)
def test_a_provider_that_cannot_be_asked_is_asked_a_minute_later(
    world: World, receipts: Receipts
) -> None:
    [before] = asked_for(world, "T1")

    done = poll_rescheduled(world, receipts, before)

    after = world.stored(before)
    assert after.status is Status.SENT
    assert after.due_at == NOON + 2 * MINUTE
    assert done.settled == [after]
    assert after.timeline == before.claimed(a_claim(), NOON).sent(NOON, "T1", NOON).timeline


@pytest.mark.parametrize(
    "receipts", [Receipts(failure=RetryLater("503")), Receipts(poll_deferred=True)]
)
def test_a_message_whose_last_poll_failed_is_not_given_up(world: World, receipts: Receipts) -> None:
    [before] = asked_for(world, "T1")
    for _ in range(10):  # the last look is due after an hour
        world.watch.now = due(world.stored(before))
        poll_rescheduled(
            world, Receipts() if world.watch.now < NOON + 40 * MINUTE else receipts, before
        )

    waiting = world.stored(before)
    assert waiting.status is Status.SENT
    assert waiting.confirmation(world.watch.now) is ConfirmationState.AWAITED
    world.watch.now = due(waiting)
    assert world.watch.now > NOON + 60 * MINUTE
    poll_rescheduled(world, Receipts({"T1": Confirmed()}), before)
    assert world.stored(before).status is Status.DELIVERED


def test_a_poll_without_time_is_deferred_for_a_minute(world: World) -> None:
    [before] = asked_for(world, "T1")
    world.watch.now = NOON + 30 * MINUTE

    poll_rescheduled(world, Receipts(poll_deferred=True), before)

    assert world.stored(before).due_at == NOON + 31 * MINUTE


def test_a_poll_does_not_wait_for_the_sends_of_its_batch(world: World) -> None:
    [awaited], fresh = asked_for(world, "T1"), stored(world)
    asked = Event()

    def poll_all(them: Sequence[PendingConfirmation], _: Module) -> list[ReportContent]:
        asked.set()
        return [Confirmed() for _ in them]

    def send_all(deliveries: Sequence[Delivery], _: Module) -> list[list[Accepted]]:
        assert asked.wait(10), "it is asked about only when all are sent"
        return [[Accepted("SM2") for _ in deliveries]]

    batch = [wake_up_for(world.stored(awaited)), wake_up_for(fresh)]
    deliver(world.ports, "pigeon", batch, send_all, poll_all)

    assert world.stored(awaited).status is Status.DELIVERED
    assert world.stored(fresh).status is Status.SENT


def test_a_provider_that_refuses_a_status_request_pauses_the_module(world: World) -> None:
    [before] = asked_for(world, "T1")

    poll_rescheduled(world, Receipts(failure=Misconfigured("401")), before)

    module = world.modules.get("pigeon")
    assert module is not None
    assert module.pause is not None
    assert module.pause.code == "401"
    assert world.stored(before).status is Status.SENT


def test_receipts_of_a_failure_are_settled_as_any(world: World) -> None:
    [before] = asked_for(world, "T1")
    failure: DeliveryFailed = Rejected("MessageTooBig")

    poll_rescheduled(world, Receipts({"T1": failure}), before)

    after = world.stored(before)
    assert after.status is Status.DELIVERY_FAILURE
    assert after.last_error is not None
    assert after.last_error.code == "MessageTooBig"


def test_a_provider_that_reports_by_itself_is_not_polled() -> None:
    awaited = [PendingConfirmation(id="a", provider_message_id="b")]

    assert no_status_polling(awaited, a_module()) == [None]
