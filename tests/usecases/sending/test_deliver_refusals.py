"""A refusal for our configuration that is about one recipient: it must not go on for ever."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from notification_core.domain.clock import to_epoch_ms
from notification_core.domain.due import WakeUp
from notification_core.domain.failures import AccountBlocked, DeliveryFailed, Misconfigured
from notification_core.domain.notification import Notification
from notification_core.domain.retry import REFUSALS
from notification_core.domain.status import Status
from notification_core.domain.timeline import EventKind
from tests.builders import NOON, World
from tests.usecases.steps import handed, stored, tick

ADDRESS, REFUSED = "123", "999"


def refusing(world: World, *addresses: str, failure: Callable[[], DeliveryFailed]) -> None:
    """Let the provider refuse these addresses for as long as anybody asks."""
    for address in addresses:
        world.provider.answers[address] = [failure() for _ in range(2000)]


def run(world: World, minutes: int, each_minute: Callable[[], object] = lambda: None) -> int:
    """Let dispatcher and consumer run; returns in how many minutes the module was paused."""
    waiting: set[WakeUp] = set()
    paused = 0
    for _ in range(minutes):
        each_minute()
        tick(world)
        waiting |= {wake_up for wake_up, _ in world.queues.sent.pop("pigeon", [])}
        due = {each for each in waiting if each.due_at <= to_epoch_ms(world.watch())}
        waiting -= due
        for wake_up in sorted(due):  # each is alone in its batch
            handed(world, wake_up)
        module = world.modules.get("pigeon")
        paused += module is not None and module.pause is not None
        world.watch.forward(minutes=1)
    return paused


def refused_one(world: World) -> Notification:
    """Store one for an address of its own, which the provider refuses."""
    record = world.add_record(target_user_id=REFUSED)
    return stored(world, target_user_record=record.id)


def test_a_notification_that_its_recipient_refuses_ends_while_the_others_are_sent(
    world: World,
) -> None:
    """Twilio 21408: our account may not send to this region."""
    refusing(world, REFUSED, failure=lambda: Misconfigured("21408", "region not enabled"))
    refused, others = refused_one(world), list[Notification]()

    def traffic() -> None:
        others.append(stored(world, scheduled_delivery=world.watch()))

    paused = run(world, 90, traffic)

    ended = world.stored(refused)
    assert (ended.status, ended.retry_attempts) == (Status.DELIVERY_FAILURE, 1)
    assert ended.last_error is not None
    assert ended.last_error.code == "21408"
    assert ended.updated_at - NOON < timedelta(hours=1)
    assert paused <= 2 * REFUSALS, "the others stand still for no longer than that"
    assert {world.stored(each).status for each in others[:-10]} == {Status.DELIVERED}
    assert world.records.stored[refused.target_user_record].active


@pytest.mark.parametrize(
    "failure", [lambda: Misconfigured("20003"), lambda: AccountBlocked("30002")]
)
def test_while_nothing_goes_nothing_ends_however_long_that_lasts(
    world: World, failure: Callable[[], DeliveryFailed]
) -> None:
    refusing(world, ADDRESS, REFUSED, failure=failure)
    waiting = [refused_one(world), *(stored(world) for _ in range(3))]

    run(world, 24 * 60)
    assert {world.stored(each).status for each in waiting} <= {Status.RETRY, Status.SCHEDULED}

    world.provider.answers.clear()
    run(world, 30)
    assert {world.stored(each).status for each in waiting} == {Status.DELIVERED}


def test_long_probing_of_a_paused_target_does_not_count_after_it_resumes(world: World) -> None:
    """A container may refuse once more for the old credentials that it still has."""
    refusing(world, ADDRESS, failure=lambda: Misconfigured("20003"))
    probe = stored(world)
    run(world, 120)
    assert [each.event for each in world.stored(probe).timeline].count(EventKind.PROBED) > REFUSALS

    world.modules.resume("pigeon")
    run(world, 10)
    assert world.stored(probe).status is Status.RETRY


def test_an_account_that_is_over_its_quota_ends_nothing_although_some_go(world: World) -> None:
    """SES's quota is of the last 24 hours: it frees a few at a time."""
    waiting = refused_one(world)
    refusing(world, REFUSED, failure=lambda: AccountBlocked("ThrottlingException"))

    run(world, 120, lambda: stored(world, scheduled_delivery=world.watch()))

    assert world.stored(waiting).status is Status.RETRY


def test_a_redriven_notification_is_not_held_to_the_refusals_before_the_repair(
    world: World,
) -> None:
    refusing(world, REFUSED, failure=lambda: Misconfigured("21408"))
    refused = refused_one(world)
    run(world, 90, lambda: stored(world, scheduled_delivery=world.watch()))
    ended = world.stored(refused)
    again = ended.redriven(world.watch(), world.watch(), 3, "by job 1")
    world.notifications.stored[again.id] = again

    run(world, 2, lambda: stored(world, scheduled_delivery=world.watch()))
    assert world.stored(refused).status is Status.RETRY
