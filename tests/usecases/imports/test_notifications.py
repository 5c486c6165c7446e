"""Notifications of another system: those that wait are sent, and history stays history."""

from dataclasses import replace
from datetime import timedelta

import pytest

from notification_core.domain.due import BEGINNING
from notification_core.domain.imports import ImportResult, UndoResult
from notification_core.domain.status import Status
from notification_core.domain.timeline import EventKind
from notification_core.usecases.imports.notifications import (
    check_notifications,
    import_notifications,
)
from notification_core.usecases.imports.opt_outs import import_opt_outs
from notification_core.usecases.imports.undo import undo_notifications
from notification_core.usecases.queries.failure_groups import recent_failures
from tests.builders import NOON, World
from tests.usecases.imports.items import LONG_AGO, SOURCE, a_notification_item, an_opt_out_item
from tests.usecases.steps import handed


def due(world: World) -> list[str]:
    """Return the ids of the due index."""
    until = int((NOON + timedelta(days=400)).timestamp() * 1000)
    shards = [f"pigeon#{shard}" for shard in range(world.ports.due_shards)]
    return [
        entry.id
        for shard in shards
        for page in world.notifications.due(shard, BEGINNING, until)
        for entry in page
    ]


def test_a_waiting_notification_keeps_its_attempts_and_is_sent_when_it_is_due(world: World) -> None:
    item = a_notification_item(
        world, status=Status.RETRY, attempted_delivery=LONG_AGO, retry_attempts=2
    )
    [outcome] = import_notifications(world.ports, SOURCE, [item])
    assert outcome.result is ImportResult.IMPORTED
    notification = world.notifications.stored[outcome.id or ""]
    assert (notification.status, notification.attempt) == (Status.RETRY, 3)
    assert notification.created_at == LONG_AGO
    assert [event.event for event in notification.timeline] == [
        EventKind.SCHEDULED,
        EventKind.IMPORTED,
    ]
    world.watch.forward(days=3)
    handed(world, notification)
    assert world.stored(notification).status in {Status.SENT, Status.DELIVERED}


def test_one_whose_time_has_passed_is_due_at_once(world: World) -> None:
    item = a_notification_item(world, scheduled_delivery=LONG_AGO)
    [outcome] = import_notifications(world.ports, SOURCE, [item])
    assert world.notifications.stored[outcome.id or ""].due_at == NOON
    assert world.queues.sent


def test_history_is_never_due_and_no_filter_finds_it(world: World) -> None:
    item = a_notification_item(
        world,
        status=Status.DELIVERY_FAILURE,
        scheduled_delivery=LONG_AGO,
        attempted_delivery=LONG_AGO,
        retry_attempts=3,
        title="",
        body="",
    )
    [outcome] = import_notifications(world.ports, SOURCE, [item])
    assert outcome.result is ImportResult.IMPORTED
    assert due(world) == []
    assert list(recent_failures(world.ports, LONG_AGO).groups()) == []


def test_a_repetition_changes_nothing(world: World) -> None:
    item = a_notification_item(world)
    import_notifications(world.ports, SOURCE, [item])
    before = dict(world.notifications.stored)
    world.watch.forward(seconds=1)
    [outcome] = import_notifications(world.ports, SOURCE, [item])
    assert outcome.result is ImportResult.UNCHANGED
    [outcome] = import_notifications(world.ports, SOURCE, [replace(item, title="new")])
    assert outcome.result is ImportResult.UNCHANGED
    assert world.notifications.stored == before


def test_one_of_a_user_who_has_opted_out_is_skipped(world: World) -> None:
    import_opt_outs(world.ports, SOURCE, [an_opt_out_item()])
    [outcome] = import_notifications(world.ports, SOURCE, [a_notification_item(world)])
    assert outcome.result is ImportResult.SKIPPED
    assert not world.notifications.stored


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": ""}, "title"),
        ({"body": " "}, "body"),
        ({"scheduled_delivery": NOON + timedelta(days=500)}, "scheduled_delivery"),
        ({"attempted_delivery": LONG_AGO}, "status"),
        ({"status": Status.RETRY}, "status"),
        ({"status": Status.DELIVERED}, "status"),
    ],
)
def test_an_invalid_one_names_the_field(
    world: World, changes: dict[str, object], field: str
) -> None:
    item = a_notification_item(world, **changes)
    [outcome] = import_notifications(world.ports, SOURCE, [item])
    assert outcome.result is ImportResult.INVALID
    assert outcome.error is not None
    assert [error.field for error in outcome.error.fields] == [field]


@pytest.mark.parametrize("record", [None, "nowhere"], ids=["stored", "not yet"])
@pytest.mark.parametrize(
    ("changes", "result"),
    [
        ({}, ImportResult.IMPORTED),
        ({"status": Status.DELIVERED, "attempted_delivery": LONG_AGO}, ImportResult.IMPORTED),
        ({"body": " "}, ImportResult.INVALID),
        ({"attempted_delivery": LONG_AGO}, ImportResult.INVALID),
        ({"status": Status.DELIVERED}, ImportResult.INVALID),
        ({"scheduled_delivery": NOON + timedelta(days=500)}, ImportResult.INVALID),
        ({"retry_time_interval": 604_800, "max_retries": 100}, ImportResult.INVALID),
    ],
)
def test_a_check_has_the_outcome_and_stores_nothing(
    world: World, record: str | None, changes: dict[str, object], result: ImportResult
) -> None:
    there = {} if record is None else {"target_user_record": record}
    item = a_notification_item(world, **changes, **there)
    [outcome] = check_notifications(world.ports, SOURCE, [item])
    assert outcome.result is result
    assert not world.notifications.stored


def test_a_check_tells_what_is_imported_already_and_what_an_opt_out_holds_back(
    world: World,
) -> None:
    item = a_notification_item(world)
    import_notifications(world.ports, SOURCE, [item])
    [outcome] = check_notifications(world.ports, SOURCE, [item])
    assert outcome.result is ImportResult.UNCHANGED
    import_opt_outs(world.ports, SOURCE, [an_opt_out_item()])
    [outcome] = check_notifications(world.ports, SOURCE, [replace(item, key="f7")])
    assert outcome.result is ImportResult.SKIPPED


def test_an_unknown_record_is_invalid(world: World) -> None:
    item = a_notification_item(world, target_user_record="nowhere", status=Status.DELIVERED)
    [outcome] = import_notifications(world.ports, SOURCE, [item])
    assert outcome.result is ImportResult.INVALID


def test_an_unchanged_one_can_be_removed_and_a_sent_one_stays(world: World) -> None:
    waiting = a_notification_item(world)
    soon = a_notification_item(world, key="f7", scheduled_delivery=LONG_AGO)
    outcomes = import_notifications(world.ports, SOURCE, [waiting, soon])
    handed(world, world.notifications.stored[outcomes[1].id or ""])
    assert undo_notifications(world.ports, SOURCE, ["f6", "f7", "f8"]) == [
        UndoResult.REMOVED,
        UndoResult.CHANGED_SINCE,
        UndoResult.ABSENT,
    ]
    assert due(world) == []
