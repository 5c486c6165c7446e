"""A paused module: one notification now and then tries whether it works again."""

from collections.abc import Sequence

import pytest

from notification_core.domain.clock import to_epoch_ms
from notification_core.domain.delivery import (
    Confirmed,
    Delivery,
    Outcome,
    PendingConfirmation,
    ReportContent,
)
from notification_core.domain.due import WakeUp
from notification_core.domain.failures import (
    AccountBlocked,
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
from notification_core.domain.notification import Notification
from notification_core.domain.status import Status
from notification_core.domain.timing import PROBE_EVERY
from notification_core.usecases.sending.deliver import deliver
from notification_core.usecases.sending.enqueue import wake_up_for
from tests.builders import ASKED, NOON, World, a_pause, an_opt_out
from tests.usecases.steps import handed, messages, stored, tick, with_module

ADDRESS = "123"


def paused(world: World, by: PausedBy = PausedBy.FAULT) -> None:
    """Pause the world's module."""
    assert world.modules.pause("pigeon", a_pause(by=by))


def is_paused(world: World) -> bool:
    """Whether it is."""
    module = world.modules.get("pigeon")
    return module is not None and module.pause is not None


def statuses(world: World, notifications: Sequence[Notification]) -> list[Status]:
    """Return what stands of each, in order."""
    return sorted(world.stored(each).status for each in notifications)


def test_a_probe_that_the_provider_takes_resumes_the_module_and_the_others_follow(
    world: World,
) -> None:
    waiting = [stored(world) for _ in range(5)]
    paused(world)

    done = handed(world, *waiting)

    assert len(world.provider.seen) == 1
    assert (len(done.settled), done.dropped) == (1, 4)
    assert not is_paused(world)
    assert statuses(world, waiting) == [Status.DELIVERED, *[Status.SCHEDULED] * 4]
    tick(world)
    handed(world, *(wake_up for wake_up, _ in world.queues.sent.pop("pigeon")))
    assert statuses(world, waiting) == [Status.DELIVERED] * 5


@pytest.mark.parametrize("failure", [Misconfigured("20003"), AccountBlocked("30002")])
def test_a_probe_that_is_refused_leaves_it_paused_and_spends_no_attempt(
    world: World, failure: DeliveryFailed
) -> None:
    waiting = [stored(world) for _ in range(3)]
    paused(world)
    world.provider.answers[ADDRESS] = [failure]

    handed(world, *waiting)

    assert is_paused(world)
    assert len(world.provider.seen) == 1
    assert statuses(world, waiting) == [Status.RETRY, Status.SCHEDULED, Status.SCHEDULED]
    assert {world.stored(each).retry_attempts for each in waiting} == {0}


@pytest.mark.parametrize(
    "failure", [Rejected("21617"), InvalidAddress("21211"), ConsentWithdrawn("21610")]
)
def test_a_provider_that_refuses_this_one_but_not_us_works(
    world: World, failure: DeliveryFailed
) -> None:
    waiting = stored(world)
    paused(world)
    world.provider.answers[ADDRESS] = [failure]

    handed(world, waiting)

    assert not is_paused(world)


@pytest.mark.parametrize("failure", [Throttled("429"), RetryLater("503"), OutcomeUnknown("cut")])
def test_a_provider_that_does_not_answer_may_still_refuse_us(
    world: World, failure: DeliveryFailed
) -> None:
    waiting = stored(world)
    paused(world)
    world.provider.answers[ADDRESS] = [failure]

    handed(world, waiting)

    assert is_paused(world)


def test_it_is_tried_once_in_so_often_however_many_consumers_there_are(world: World) -> None:
    waiting = [stored(world) for _ in range(6)]
    paused(world)
    world.provider.answers[ADDRESS] = [Misconfigured("20003")] * 3

    for each in waiting[:3]:
        handed(world, each)
    world.watch.now += PROBE_EVERY
    for each in waiting[3:]:
        handed(world, each)

    assert len(world.provider.seen) == 2


def test_a_persons_pause_is_never_probed(world: World) -> None:
    waiting = stored(world)
    paused(world, PausedBy.PERSON)

    for _ in range(3):
        handed(world, waiting)
        world.watch.now += 2 * PROBE_EVERY

    assert world.provider.seen == []
    assert is_paused(world)
    assert world.stored(waiting) is waiting


def test_a_person_who_pauses_it_while_a_probe_is_under_way_is_obeyed(world: World) -> None:
    waiting = stored(world)
    paused(world)

    def send(deliveries: Sequence[Delivery], module: Module) -> list[list[Outcome]]:
        paused(world, PausedBy.PERSON)
        return world.provider(deliveries, module)

    deliver(world.ports, "pigeon", [wake_up_for(waiting)], send)

    assert world.stored(waiting).status is Status.DELIVERED
    assert is_paused(world)


def test_one_that_must_not_go_is_no_probe_and_the_next_one_is(world: World) -> None:
    spam = world.add_record(user="spam")
    unwanted = stored(world, user="spam", target_user_record=spam.id)
    world.opt_outs.put(an_opt_out(user="spam"))
    wanted = stored(world)
    paused(world)

    handed(world, WakeUp(to_epoch_ms(NOON), "nowhere"), unwanted, wanted)

    assert [each.id for each in world.provider.seen] == [wanted.id]
    assert world.stored(unwanted).status is Status.OPTED_OUT
    assert not is_paused(world)


def test_a_notification_that_is_not_due_is_not_a_probe_and_uses_none(world: World) -> None:
    early, due = stored(world, scheduled_delivery=NOON + PROBE_EVERY), stored(world)
    paused(world)

    handed(world, early)
    handed(world, due)

    assert [each.id for each in world.provider.seen] == [due.id]
    assert messages(world) == {}


def test_waiting_polls_do_not_block_a_probe_for_ever(
    world: World,
) -> None:
    """More of them than a tick hands over, and all due before the one that could be sent."""
    with_module(world, confirmation=ASKED)
    awaited = [stored(world) for _ in range(30)]
    handed(world, *awaited)
    world.watch.forward(minutes=2)
    waiting = stored(world, scheduled_delivery=world.watch())
    paused(world)
    messages(world)
    seen = len(world.provider.seen)

    def look(asked: Sequence[PendingConfirmation], _: Module) -> Sequence[ReportContent | None]:
        return [Confirmed() if each.provider_message_id else None for each in asked]

    for _ in range(10):
        tick(world)
        batch = [wake_up for wake_up, _ in world.queues.sent.pop("pigeon", [])]
        deliver(world.ports, "pigeon", batch, world.provider, look)
        world.watch.forward(minutes=1)

    assert len(world.provider.seen) == seen + 1
    assert world.stored(waiting).status is not Status.SCHEDULED
    assert not is_paused(world)


def test_a_refusal_beside_what_was_taken_is_about_one_recipient(world: World) -> None:
    other = world.add_record(target_user_id="456")
    refused, taken = stored(world), stored(world, target_user_record=other.id)
    world.provider.answers[ADDRESS] = [Misconfigured("21408")]

    handed(world, refused, taken)

    assert not is_paused(world)
    assert world.stored(refused).status is Status.RETRY
    assert world.stored(refused).retry_attempts == 0
    assert world.stored(taken).status is Status.DELIVERED


def test_a_refusal_alone_pauses_the_module(world: World) -> None:
    refused = stored(world)
    world.provider.answers[ADDRESS] = [Misconfigured("21408")]

    handed(world, refused)

    assert is_paused(world)
    assert world.stored(refused).status is Status.RETRY
