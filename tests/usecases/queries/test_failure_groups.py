"""Failures are grouped by target and code."""

from datetime import timedelta

import pytest

from notification_core.domain.paging import FailureEntry
from notification_core.domain.status import Status
from notification_core.usecases.queries.failure_groups import recent_failures
from tests.builders import NOON, World, a_target
from tests.console_world import failed
from tests.usecases.steps import stored

SINCE = NOON - timedelta(hours=1)


def test_failures_are_counted_by_target_and_code_with_first_and_last(world: World) -> None:
    failed(world, "30005")
    world.watch.forward(seconds=10)
    failed(world, "30005")
    failed(world, "30007")
    world.watch.forward(seconds=10)
    failed(world, "30005")
    stored(world)

    groups = recent_failures(world.ports, SINCE).groups()

    assert [(group.code, group.count) for group in groups] == [("30005", 3), ("30007", 1)]
    assert (groups[0].first, groups[0].last) == (NOON, NOON + timedelta(seconds=20))
    assert groups[0].statuses == {Status.DELIVERY_FAILURE: 3}
    assert (groups[0].target, groups[0].message) == (world.target.id, "text of 30005")


def test_groups_are_sorted_by_their_number_and_then_by_their_newest(world: World) -> None:
    for code, user in [("1", "a"), ("2", "a"), ("2", "a"), ("3", "a"), ("3", "b"), ("4", "a")]:
        failed(world, code, user=user)
        world.watch.forward(seconds=1)

    groups = recent_failures(world.ports, SINCE).groups()

    assert [(group.code, group.count, group.users) for group in groups] == [
        ("3", 2, 2),
        ("2", 2, 1),
        ("4", 1, 1),
        ("1", 1, 1),
    ]


def test_targets_are_counted_separately(world: World) -> None:
    other = a_target(name="Other")
    world.targets.add(other)
    failed(world)
    failed(world, target=other.id)

    groups = recent_failures(world.ports, SINCE).groups()

    assert {group.target: group.count for group in groups} == {world.target.id: 1, other.id: 1}


def test_only_failures_since_the_given_time_count(world: World) -> None:
    failed(world)
    world.watch.forward(hours=2)
    recent = failed(world)

    failures = recent_failures(world.ports, world.watch() - timedelta(hours=1))

    assert [failure.notification.id for failure in failures.items] == [recent.id]
    assert failures.is_complete


def test_only_the_newest_are_examined_and_that_is_said(world: World) -> None:
    for _ in range(5):
        failed(world)
        world.watch.forward(seconds=1)

    failures = recent_failures(world.ports, SINCE, limit=3)

    assert [failure.at for failure in failures.items] == sorted(
        (failure.at for failure in failures.items), reverse=True
    )
    assert (len(failures.items), failures.is_complete) == (3, False)


def test_the_members_of_a_group_are_those_that_were_counted(world: World) -> None:
    wanted = failed(world, "30005")
    failed(world, "30007")

    failures = recent_failures(world.ports, SINCE)

    members = list(failures.of(world.target.id, "30005"))
    assert [failure.notification.id for failure in members] == [wanted.id]
    assert list(failures.of("another", "30005")) == []


def test_a_notification_that_was_retried_meanwhile_is_left_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = failed(world)
    listing = world.notifications.failed

    def lagging(shard: str, since: int, before: FailureEntry, limit: int) -> list[FailureEntry]:
        entries = listing(shard, since, before, limit)
        if entries:
            retried = ended.redriven(world.watch(), world.watch(), 3, "by a person")
            world.notifications.stored[ended.id] = retried
        return entries

    monkeypatch.setattr(world.notifications, "failed", lagging)

    assert recent_failures(world.ports, SINCE).items == []
    assert world.stored(ended).status is Status.RETRY
