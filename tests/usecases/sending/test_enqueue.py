"""Sending the messages of what is due soon."""

from dataclasses import replace
from datetime import timedelta

import pytest

from notification_core.domain.timing import SELF_ENQUEUE
from notification_core.usecases.sending.enqueue import enqueue_if_soon, wake_up_for
from tests.builders import NOON, World, a_notification
from tests.usecases.steps import messages, with_module


def test_a_final_notification_has_no_turn() -> None:
    cancelled = a_notification().cancelled(NOON)

    with pytest.raises(ValueError, match=f"{cancelled.id} is final"):
        wake_up_for(cancelled)


def test_each_goes_to_the_queue_of_its_module(world: World) -> None:
    pigeons = [a_notification() for _ in range(25)]
    crow = a_notification(module="crow")

    enqueue_if_soon(world.ports, [*pigeons, crow])

    assert set(messages(world)) == {each.id for each in pigeons}
    assert set(messages(world, "crow")) == {crow.id}


def test_a_module_that_cannot_be_read_counts_as_one_that_is_never_early(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_module(world, precision="exact")
    monkeypatch.delattr(type(world.modules), "recent")
    notification = a_notification(scheduled_delivery=NOON + timedelta(seconds=5))

    enqueue_if_soon(world.ports, [notification])

    assert messages(world) == {notification.id: 5}


def test_a_module_that_the_caller_knows_is_not_read_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(type(world.modules), "recent")
    notification = a_notification(scheduled_delivery=NOON + timedelta(seconds=5))

    enqueue_if_soon(world.ports, [notification], replace(world.module, precision="exact"))

    assert messages(world) == {notification.id: 4}


def test_a_final_or_distant_notification_is_not_enqueued(world: World) -> None:
    far = a_notification(scheduled_delivery=NOON + SELF_ENQUEUE + timedelta(milliseconds=1))
    near = a_notification(scheduled_delivery=NOON + SELF_ENQUEUE)

    enqueue_if_soon(world.ports, [far, a_notification().cancelled(NOON), near])

    assert set(messages(world)) == {near.id}
