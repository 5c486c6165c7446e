"""A consumer sends at the exact moment: what comes early waits or goes back."""

from dataclasses import replace
from datetime import timedelta

import pytest

from notifications.domain.status import Status
from notifications.domain.timing import MAX_DELAY
from notifications.usecases.deliver import deliver
from notifications.usecases.enqueue import wake_up_of
from tests.builders import NOON, World
from tests.usecases.steps import handed, messages, stored


@pytest.mark.parametrize("ahead", [0.001, 1, 2])
def test_a_message_that_comes_a_little_early_waits_for_the_exact_moment(
    world: World, waits: list[float], ahead: float
) -> None:
    due = NOON + timedelta(seconds=ahead)
    notification = stored(world, scheduled_delivery=due)

    handed(world, notification)

    assert sum(waits) == pytest.approx(ahead)
    assert world.stored(notification).attempted_delivery == due


def test_a_sleep_that_ends_too_soon_is_followed_by_another(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    due = NOON + timedelta(seconds=1)
    notification = stored(world, scheduled_delivery=due)
    monkeypatch.setattr(
        "time.sleep", lambda seconds: world.watch.forward(seconds=max(seconds / 2, 0.001))
    )

    handed(world, notification)

    attempted = world.stored(notification).attempted_delivery
    assert attempted is not None
    assert due <= attempted < due + timedelta(milliseconds=2)


def test_a_message_that_comes_too_early_is_put_back_with_its_delay(
    world: World, waits: list[float]
) -> None:
    notification = stored(world, scheduled_delivery=NOON + timedelta(seconds=2, milliseconds=1))

    done = handed(world, notification)

    assert waits == []
    assert world.provider.seen == []
    assert world.stored(notification) is notification
    assert messages(world) == {notification.id: 1}
    assert done.undecided == []


def test_what_is_as_far_off_as_a_delay_can_be_comes_back_with_it(world: World) -> None:
    notification = stored(world, scheduled_delivery=NOON + MAX_DELAY)

    handed(world, notification)

    assert messages(world) == {notification.id: 899}


def test_what_is_further_off_is_dropped_for_nobody_enqueues_so_early(world: World) -> None:
    notification = stored(world, scheduled_delivery=NOON + MAX_DELAY + timedelta(seconds=1))

    done = handed(world, notification)

    assert (messages(world), done.dropped) == ({}, 1)
    assert world.stored(notification) is notification


@pytest.mark.parametrize("off", [-1, 1, 5_000])
def test_a_message_with_a_wrong_time_does_not_hold_up_the_right_one(world: World, off: int) -> None:
    world.watch.forward(seconds=1)
    notification = stored(world, scheduled_delivery=NOON)
    right = wake_up_of(notification)
    wrong = replace(right, due_at=right.due_at + off)

    deliver(world.ports, "pigeon", [wrong, right, wrong], world.provider)

    assert world.stored(notification).status is Status.DELIVERED
    assert len(world.provider.seen) == 1
