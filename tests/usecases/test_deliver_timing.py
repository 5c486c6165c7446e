"""A consumer sends at the exact moment: what comes early waits or goes back."""

from datetime import timedelta

import pytest

from tests.builders import NOON, World
from tests.usecases.steps import handed, messages, stored


def test_lateness_is_told_of_each_send(world: World) -> None:
    notifications = [stored(world, scheduled_delivery=NOON + timedelta(seconds=n)) for n in (0, 2)]
    world.watch.forward(seconds=5)

    assert handed(world, *notifications).lateness_ms == [5000, 3000]


@pytest.mark.parametrize("ahead", [0.001, 1, 2])
def test_a_message_that_comes_a_little_early_waits_for_the_exact_moment(
    world: World, waits: list[float], ahead: float
) -> None:
    due = NOON + timedelta(seconds=ahead)
    notification = stored(world, scheduled_delivery=due)

    done = handed(world, notification)

    assert sum(waits) == pytest.approx(ahead)
    assert world.stored(notification).attempted_delivery == due
    assert done.lateness_ms == [0]


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


def test_what_is_further_off_than_a_delay_can_be_comes_back_as_late_as_it_can(
    world: World,
) -> None:
    notification = stored(world, scheduled_delivery=NOON + timedelta(hours=1))

    handed(world, notification)

    assert messages(world) == {notification.id: 900}
