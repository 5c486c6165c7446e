"""What is sent together is looked at together."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from notification_core.domain.delivery import (
    Accepted,
    Confirmed,
    Delayed,
    NotAsked,
    PendingConfirmation,
    ReportContent,
)
from notification_core.domain.due import WakeUp
from notification_core.domain.failures import Rejected, RetryLater
from notification_core.domain.modules import Confirmation
from notification_core.domain.notification import Notification
from notification_core.domain.polls import Poll
from notification_core.domain.status import ConfirmationState, Status
from notification_core.ports import Ports
from notification_core.usecases.sending import polls
from notification_core.usecases.sending.batch_result import DeliveryBatchResult
from notification_core.usecases.sending.deliver import deliver
from notification_core.usecases.sending.enqueue import wake_up_for
from tests.builders import ASKED, NOON, TELLING, World
from tests.usecases.steps import claimed, handed, messages, stored, tick, with_module

ADDRESS = "123"
MINUTE = timedelta(minutes=1)


class Provider:
    """Is asked, and knows what it is told to know by id."""

    def __init__(self, **news: ReportContent | NotAsked) -> None:
        self.content = news
        self.asked: list[set[str]] = []

    def __call__(self, awaited: Sequence[PendingConfirmation], _module: object) -> list[Any]:
        self.asked.append({each.id for each in awaited})
        return [self.content.get(each.id) for each in awaited]


def sent(world: World, count: int, **module: Any) -> list[Notification]:
    """Let the provider take so many at once."""
    with_module(world, **{"confirmation": ASKED} | module)
    notifications = [stored(world) for _ in range(count)]
    handed(world, *notifications)
    return [world.stored(each) for each in notifications]


def the_poll(world: World) -> Poll:
    """The only one."""
    [poll] = world.notifications.polls.values()
    return poll


def poll_rescheduled(
    world: World, provider: Provider, ports: Ports | None = None
) -> DeliveryBatchResult:
    """Hand over the poll's message at its time."""
    poll = the_poll(world)
    world.watch.now = max(world.watch.now, poll.due_at)
    return deliver(ports or world.ports, "pigeon", [wake_up_for(poll)], world.provider, provider)


def test_several_that_are_sent_at_once_share_one_entry_of_the_due_index(world: World) -> None:
    after = sent(world, polls.FEWEST)

    assert {each.status for each in after} == {Status.SENT}
    assert {(each.due_at, each.awaited_until) for each in after} == {
        (None, NOON + timedelta(seconds=ASKED.give_up_after))
    }
    poll = the_poll(world)
    assert set(poll.notifications) == {each.id for each in after}
    assert (poll.module, poll.sent_at, poll.due_at) == ("pigeon", NOON, NOON + MINUTE)


def test_fewer_keep_an_entry_each(world: World) -> None:
    after = sent(world, polls.FEWEST - 1)

    assert {each.due_at for each in after} == {NOON + MINUTE}
    assert world.notifications.polls == {}


def test_a_notification_whose_provider_reports_by_itself_needs_no_poll(world: World) -> None:
    sent(world, 5, confirmation=TELLING)

    assert world.notifications.polls == {}


def test_where_it_cannot_be_stored_each_keeps_an_entry(world: World) -> None:
    class Full(type(world.notifications)):  # type: ignore[misc]
        def add_poll(self, _poll: Poll) -> None:
            raise ConnectionError

    world.notifications.__class__ = Full
    after = sent(world, 3)

    assert {(each.status, each.due_at) for each in after} == {(Status.SENT, NOON + MINUTE)}


def test_the_dispatcher_enqueues_it_as_anything_that_is_due(world: World) -> None:
    sent(world, 3, confirmation=Confirmation(poll_after=600, give_up_after=3600))
    assert not messages(world), "too far off for who made it"
    world.watch.forward(minutes=9)

    tick(world)

    assert set(messages(world)) == {the_poll(world).id}


def test_a_notification_that_is_due_soon_is_enqueued_at_once(world: World) -> None:
    sent(world, 3)

    assert set(messages(world)) == {the_poll(world).id}


def test_all_of_it_is_asked_about_in_one_go(world: World) -> None:
    good, bad, silent = sent(world, 3)
    news: dict[str, ReportContent] = {good.id: Confirmed(), bad.id: Rejected("MessageTooBig")}
    provider = Provider(**news)

    done = poll_rescheduled(world, provider)

    assert provider.asked == [{good.id, bad.id, silent.id}]
    assert [world.stored(each).status for each in (good, bad, silent)] == [
        Status.DELIVERED,
        Status.DELIVERY_FAILURE,
        Status.SENT,
    ]
    assert (len(done.settled), done.dropped) == (2, 0)
    assert the_poll(world).notifications == (silent.id,)


def test_a_result_that_is_known_by_now_is_not_requested(world: World) -> None:
    known, open_, gone = sent(world, 3)
    world.notifications.stored[known.id] = known.delivered(NOON, "SM1")
    del world.notifications.stored[gone.id]
    provider = Provider()

    poll_rescheduled(world, provider)

    assert provider.asked == [{open_.id}]
    assert the_poll(world).notifications == (open_.id,)


def test_no_request_is_sent_where_every_result_is_known(world: World) -> None:
    for each in sent(world, 3):
        world.notifications.stored[each.id] = each.delivered(NOON, "SM1")
    provider = Provider()

    poll_rescheduled(world, provider)

    assert (provider.asked, world.notifications.polls) == ([], {})


def test_a_poll_without_a_result_is_repeated_at_growing_intervals_and_writes_nothing_else(
    world: World,
) -> None:
    before, looks = sent(world, 3), []
    while world.notifications.polls:
        looks.append((the_poll(world).due_at - NOON).total_seconds())
        poll_rescheduled(world, Provider())

    assert looks == [60, 120, 240, 480, 960, 1920, 3600]
    assert [world.stored(each) for each in before] == before
    assert before[0].confirmation(world.watch.now) is ConfirmationState.NONE


@pytest.mark.parametrize("minutes", [1, 59, 60, 600])
def test_that_one_of_it_was_not_asked_about_ends_no_poll(world: World, minutes: int) -> None:
    first, *_ = sent(world, 3)
    world.watch.now = NOON + minutes * MINUTE

    poll_rescheduled(world, Provider(**{first.id: NotAsked()}))

    poll = the_poll(world)
    assert poll.due_at == world.watch.now + max(MINUTE, minutes * MINUTE / 60)
    assert first.id in poll.notifications


def test_a_poll_whose_notification_may_still_become_sent_is_kept(world: World) -> None:
    """A write of a consumer that is dead may land as long as its claim stands."""
    sending = claimed(world, stored(world))
    others = sent(world, 3)
    poll = replace(the_poll(world), notifications=(sending.id, others[0].id))
    world.notifications.polls[poll.id] = poll
    world.watch.now = NOON + timedelta(hours=2)

    poll_rescheduled(world, Provider(**{others[0].id: Confirmed()}))

    assert the_poll(world).notifications == (sending.id,)


def test_a_retry_is_left_to_the_poll_of_its_next_attempt(world: World) -> None:
    first, *others = sent(world, 3)
    news = {first.id: RetryLater("30008")} | {each.id: Confirmed() for each in others}

    poll_rescheduled(world, Provider(**news))

    assert world.stored(first).status is Status.RETRY
    assert world.notifications.polls == {}


def test_a_delayed_message_is_polled_again(world: World) -> None:
    first, *others = sent(world, 3)
    news = {first.id: Delayed("busy")} | {each.id: Confirmed() for each in others}

    poll_rescheduled(world, Provider(**news))

    assert world.stored(first).timeline[-1].detail == "busy"
    assert the_poll(world).notifications == (first.id,)


def test_a_message_of_an_earlier_turn_or_of_another_module_sends_no_request(world: World) -> None:
    sent(world, 3)
    poll, provider = the_poll(world), Provider()
    world.watch.forward(minutes=5)

    early = deliver(world.ports, "pigeon", [WakeUp(1, poll.id)], world.provider, provider)
    world.modules.put(replace(world.module, name="dove"))
    astray = deliver(world.ports, "dove", [wake_up_for(poll)], world.provider, provider)

    assert (provider.asked, early.dropped, astray.dropped) == ([], 1, 1)
    assert the_poll(world) == poll


def test_a_poll_and_what_has_an_entry_of_its_own_are_asked_about_together(world: World) -> None:
    polled = sent(world, 3)
    [alone] = sent(world, 1)
    world.watch.forward(minutes=1)
    batch = [wake_up_for(the_poll(world)), wake_up_for(alone), wake_up_for(stored(world))]
    provider = Provider(**{each.id: Confirmed() for each in [*polled, alone]})

    done = deliver(world.ports, "pigeon", batch, world.provider, provider)

    assert provider.asked == [{each.id for each in [*polled, alone]}]
    assert {world.stored(each).status for each in [*polled, alone]} == {Status.DELIVERED}
    assert world.notifications.polls == {}
    assert len(done.settled) == 5


def test_the_end_of_one_that_cannot_be_stored_leaves_the_poll_as_it_is(world: World) -> None:
    sent(world, 3)
    before = the_poll(world)

    class Full(type(world.notifications)):  # type: ignore[misc]
        def replace_poll(self, _before: Poll, _after: Poll | None) -> bool:
            raise ConnectionError

    world.notifications.__class__ = Full
    done = poll_rescheduled(world, Provider())

    assert (the_poll(world), done.undecided) == (before, [])


def test_messages_that_the_provider_did_not_accept_need_no_poll(world: World) -> None:
    with_module(world, confirmation=ASKED)
    world.provider.answers[ADDRESS] = [Accepted("SM1"), Rejected("30007"), Rejected("30007")]
    handed(world, *(stored(world) for _ in range(3)))

    assert world.notifications.polls == {}
