"""An idempotency key makes the same request the same notifications."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from notification_core.adapters.memory.notifications import MemoryNotifications
from notification_core.domain.errors import IdempotencyMismatch, InvalidInput
from notification_core.domain.notification import Notification
from notification_core.usecases.sending.draft import Draft
from notification_core.usecases.sending.schedule import ScheduleResult, schedule
from tests.builders import NOON, SHARDS, World, a_draft, a_target
from tests.usecases.steps import messages


def keyed(**changes: Any) -> Draft:
    """A request with a key."""
    return a_draft(idempotency_key="key", **changes)


def asked(world: World, draft: Draft, caller: str = "caller") -> ScheduleResult:
    """Ask for it."""
    return schedule(world.ports, caller, draft)


def ids(scheduled: ScheduleResult) -> list[str]:
    """Which notifications an answer is about."""
    return [each.id for each in scheduled.notifications]


def test_the_same_key_and_content_return_the_same_notifications(world: World) -> None:
    world.add_record(target_user_id="456")
    first = asked(world, keyed())
    messages(world)

    again = asked(world, keyed())

    assert (first.created, again.created) == (True, False)
    assert again.notifications == first.notifications
    assert len(world.notifications.stored) == 2
    assert messages(world) == {}


def test_the_first_answer_stands_although_a_record_was_added(world: World) -> None:
    first = asked(world, keyed())
    world.add_record(target_user_id="456")

    assert ids(asked(world, keyed())) == ids(first)
    assert len(world.notifications.stored) == 1


def test_the_first_response_stands_although_every_record_was_removed(world: World) -> None:
    first = asked(world, keyed())
    world.records.remove(world.record)

    assert ids(asked(world, keyed())) == ids(first)


def test_the_response_has_the_result_of_each_item(world: World) -> None:
    [before] = asked(world, keyed()).notifications
    after = before.cancelled(NOON)
    world.notifications.stored[before.id] = after

    assert asked(world, keyed()).notifications == [after]


def test_the_answer_stands_at_another_time(world: World) -> None:
    first = asked(world, keyed())
    world.watch.forward(days=3)

    assert ids(asked(world, keyed())) == ids(first)


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "Other"},
        {"body": "Other"},
        {"extra": {"perch": "roof"}},
        {"targets": ["Pigeon"]},
        {"reference": "order 1"},
        {"scheduled_delivery": NOON + timedelta(hours=1)},
        {"deliver_before": NOON + timedelta(hours=1)},
        {"retry_time_interval": 60},
        {"max_retries": 3},
    ],
)
def test_the_same_key_with_other_content_is_a_mistake(
    world: World, changes: dict[str, Any]
) -> None:
    asked(world, keyed())

    world.watch.forward(hours=1)
    with pytest.raises(IdempotencyMismatch) as refused:
        asked(world, keyed(**changes))
    assert f"was used at {NOON:%Y-%m-%dT%H:%M:%SZ}" in refused.value.detail
    assert all(name in refused.value.detail for name in changes)
    named = {each.field for each in refused.value.fields}
    assert named == changes.keys() - {"targets", "max_retries", "retry_time_interval"}
    assert len(world.notifications.stored) == 1


@pytest.mark.parametrize("value", [float("nan"), "\ud83d"])
def test_a_used_key_with_invalid_content_is_refused_as_any_other(world: World, value: Any) -> None:
    asked(world, keyed())

    with pytest.raises((InvalidInput, IdempotencyMismatch)):
        asked(world, keyed(extra={"perch": value}))


def test_another_callers_key_is_another_key(world: World) -> None:
    first = asked(world, keyed())

    second = asked(world, keyed(), caller="other")

    assert second.created
    assert set(ids(first)).isdisjoint(ids(second))


def test_without_a_key_the_same_request_is_a_new_one(world: World) -> None:
    assert ids(asked(world, a_draft())) != ids(asked(world, a_draft()))


class Overtaken(MemoryNotifications):
    """Another request with the same key writes between this one's read and its write."""

    def __init__(self, world: World, other: Sequence[Notification]) -> None:
        super().__init__(SHARDS, world.records)
        self.other = other

    def create(self, notifications: Sequence[Notification]) -> list[Notification | None]:
        self.stored |= {each.id: each for each in self.other}
        return super().create(notifications)


def test_of_two_at_the_same_moment_the_first_one_answers_for_both(world: World) -> None:
    first = asked(world, keyed()).notifications
    ports = replace(world.ports, notifications=Overtaken(world, first))
    world.watch.forward(seconds=0.001)
    messages(world)

    second = schedule(ports, "caller", keyed())

    assert not second.created
    assert second.notifications == first
    assert messages(world) == {}


def test_the_second_of_two_simultaneous_requests_with_other_content_is_rejected(
    world: World,
) -> None:
    first = asked(world, keyed()).notifications
    ports = replace(world.ports, notifications=Overtaken(world, first))

    with pytest.raises(IdempotencyMismatch):
        schedule(ports, "caller", keyed(title="Other"))


def test_a_key_covers_every_target_of_its_request(world: World) -> None:
    crow = a_target(name="Crow")
    world.targets.add(crow)
    world.add_record(target=crow.id)

    assert ids(asked(world, keyed())) == ids(asked(world, keyed()))
    assert len(world.notifications.stored) == 2
