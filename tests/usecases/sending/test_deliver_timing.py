"""A consumer sends when it is due, never before: what comes early waits a moment or goes back."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notification_core.domain.modules import Precision
from notification_core.domain.status import Status
from notification_core.domain.timing import LONGEST_WAIT, MAX_DELAY
from notification_core.usecases.sending.deliver import deliver
from notification_core.usecases.sending.enqueue import wake_up_for
from tests.builders import NOON, World
from tests.usecases.steps import handed, messages, stored, with_module

EITHER = pytest.mark.parametrize("precision", Precision)


@pytest.mark.parametrize("ahead", [0.001, 0.1, 0.2])
@EITHER
def test_a_message_that_is_a_moment_early_waits_for_it(
    world: World, waits: list[float], precision: Precision, ahead: float
) -> None:
    with_module(world, precision=precision)
    due = NOON + timedelta(seconds=ahead)
    notification = stored(world, scheduled_delivery=due)

    handed(world, notification)

    assert sum(waits) == pytest.approx(ahead)
    assert world.stored(notification).attempted_delivery == due


@pytest.mark.parametrize("ahead", [0.201, 1, 2])
def test_an_exact_one_that_comes_early_waits_for_the_moment(
    world: World, waits: list[float], ahead: float
) -> None:
    with_module(world, precision="exact")
    due = NOON + timedelta(seconds=ahead)
    notification = stored(world, scheduled_delivery=due)

    handed(world, notification)

    assert sum(waits) == pytest.approx(ahead)
    assert world.stored(notification).attempted_delivery == due


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(ahead=st.lists(st.integers(-3000, 5000), min_size=1, max_size=8))
def test_with_a_precision_of_a_second_no_function_waits_for_longer_than_a_moment(
    ahead: list[int],
) -> None:
    world = World()
    notifications = [
        stored(world, scheduled_delivery=NOON + timedelta(milliseconds=each)) for each in ahead
    ]

    handed(world, *notifications)

    assert sum(world.waits) <= LONGEST_WAIT.total_seconds()
    for notification in notifications:
        attempted = world.stored(notification).attempted_delivery
        assert attempted is None or attempted >= notification.scheduled_delivery
        near = notification.scheduled_delivery <= NOON + LONGEST_WAIT
        assert (attempted is not None) is near
        assert (notification.id in messages_of(world)) is not near


def messages_of(world: World) -> set[str]:
    """Whose messages are on the queue."""
    return {wake_up.id for wake_up, _ in world.queues.sent["pigeon"]}


def test_a_sleep_that_ends_too_soon_is_followed_by_another(world: World) -> None:
    due = NOON + timedelta(milliseconds=200)
    notification = stored(world, scheduled_delivery=due)
    world.on_sleep = lambda seconds: world.watch.forward(seconds=max(seconds / 2, 0.001))

    handed(world, notification)

    attempted = world.stored(notification).attempted_delivery
    assert attempted is not None
    assert due <= attempted < due + timedelta(milliseconds=2)


@pytest.mark.parametrize(("ahead_ms", "delay"), [(201, 1), (1000, 1), (1001, 2), (2001, 3)])
def test_a_message_that_comes_too_early_is_put_back_until_it_is_due(
    world: World, waits: list[float], ahead_ms: int, delay: int
) -> None:
    notification = stored(world, scheduled_delivery=NOON + timedelta(milliseconds=ahead_ms))

    done = handed(world, notification)

    assert waits == []
    assert world.provider.seen == []
    assert world.stored(notification) is notification
    assert messages(world) == {notification.id: delay}
    assert done.undecided == []


def test_an_exact_one_of_another_time_is_put_back_until_shortly_before(
    world: World, waits: list[float]
) -> None:
    with_module(world, precision="exact")
    notification = stored(world, scheduled_delivery=NOON + timedelta(seconds=2, milliseconds=1))

    handed(world, notification)

    assert waits == []
    assert messages(world) == {notification.id: 1}


@pytest.mark.parametrize(("others", "waiting"), [(0, True), (4, True), (5, False), (50, False)])
def test_half_of_an_exact_targets_containers_wait_and_the_others_put_back(
    world: World, waits: list[float], others: int, *, waiting: bool
) -> None:
    """Ten containers: what is due at once finds one of the five that do not wait."""
    with_module(world, precision="exact")
    world.queues.in_progress = others + 1
    notification = stored(world, scheduled_delivery=NOON + timedelta(milliseconds=1500))

    handed(world, notification)

    assert sum(waits) == (1.5 if waiting else 0)
    assert messages(world) == ({} if waiting else {notification.id: 2})


def test_its_own_messages_keep_no_run_from_waiting(world: World, waits: list[float]) -> None:
    with_module(world, precision="exact")
    world.queues.in_progress = 8
    due = NOON + timedelta(milliseconds=1500)
    batch = [wake_up_for(stored(world, scheduled_delivery=due)) for _ in range(8)]

    deliver(world.ports, "pigeon", batch, world.provider, messages=8)

    assert sum(waits) == 1.5
    assert len(world.provider.seen) == 8


@pytest.mark.parametrize("containers", [2, 3, 4])
def test_of_two_containers_both_may_wait(world: World, waits: list[float], containers: int) -> None:
    with_module(world, precision="exact")
    ports = replace(world.ports, containers=containers)
    second, third = (
        stored(world, scheduled_delivery=NOON + timedelta(seconds=seconds)) for seconds in (1, 2)
    )

    world.queues.in_progress = 2
    handed(world, second, ports=ports)
    world.queues.in_progress = 3
    handed(world, third, ports=ports)

    assert waits == [1]
    assert messages(world) == {third.id: 1}


def test_an_exact_notification_waits_where_the_load_of_others_is_unknown(
    world: World, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    with_module(world, precision="exact")
    monkeypatch.delattr(type(world.queues), "in_flight")
    notification = stored(world, scheduled_delivery=NOON + timedelta(seconds=1))

    handed(world, notification)

    assert waits == [1]
    assert messages(world) == {}


def test_no_consumers_are_counted_where_nothing_has_to_wait(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def in_flight(_module: str) -> int:
        pytest.fail("nothing waits, and the queue was asked")

    monkeypatch.setattr(world.queues, "in_flight", in_flight)
    later = stored(world, scheduled_delivery=NOON + timedelta(seconds=1))

    handed(world, stored(world), later)
    with_module(world, precision="exact")
    handed(world, stored(world))


@pytest.mark.parametrize(("precision", "delay"), [("second", 900), ("exact", 899)])
def test_a_message_due_after_the_longest_delay_comes_back_with_it(
    world: World, precision: str, delay: int
) -> None:
    with_module(world, precision=precision)
    notification = stored(world, scheduled_delivery=NOON + MAX_DELAY)

    handed(world, notification)

    assert messages(world) == {notification.id: delay}


def test_a_message_that_is_due_much_later_is_dropped(world: World) -> None:
    notification = stored(world, scheduled_delivery=NOON + MAX_DELAY + timedelta(seconds=1))

    done = handed(world, notification)

    assert (messages(world), done.dropped) == ({}, 1)
    assert world.stored(notification) is notification


@pytest.mark.parametrize("off", [-1, 1, 5_000])
def test_a_message_with_a_wrong_time_does_not_hold_up_the_right_one(world: World, off: int) -> None:
    world.watch.forward(seconds=1)
    notification = stored(world, scheduled_delivery=NOON)
    right = wake_up_for(notification)
    wrong = replace(right, due_at=right.due_at + off)

    deliver(world.ports, "pigeon", [wrong, right, wrong], world.provider)

    assert world.stored(notification).status is Status.DELIVERED
    assert len(world.provider.seen) == 1
