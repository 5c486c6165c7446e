"""A change leaves the idempotency key and the reference of a notification as they are."""

from dataclasses import replace
from datetime import timedelta

import pytest

from notification_core.domain.errors import IdempotencyMismatch
from notification_core.usecases.sending.change import change_notification
from notification_core.usecases.sending.schedule import ScheduleResult, schedule
from tests.builders import NOON, World, a_draft

LATER = NOON + timedelta(hours=2)
KEYED = a_draft(idempotency_key="key", reference="order-1")


def asked(world: World) -> ScheduleResult:
    """Ask for it, for the first time or again."""
    return schedule(world.ports, "caller", KEYED)


def test_a_repeated_key_is_answered_with_the_changed_notification(world: World) -> None:
    [before] = asked(world).notifications
    changed = change_notification(
        world.ports, before.id, {"title": "New", "scheduled_delivery": LATER, "category": "news"}
    )[1]

    again = asked(world)

    assert (again.created, again.notifications) == (False, [changed])
    assert changed.reference == "order-1"


def test_a_mismatch_names_no_field_that_was_changed(world: World) -> None:
    [before] = asked(world).notifications
    change_notification(world.ports, before.id, {"title": "New"})

    with pytest.raises(IdempotencyMismatch) as error:
        schedule(world.ports, "caller", replace(KEYED, body="Other"))
    assert error.value.fields == ()
    assert "differs in one of user, " in error.value.detail
    assert "body" in error.value.detail

    with pytest.raises(IdempotencyMismatch) as error:
        schedule(world.ports, "caller", replace(KEYED, body="Other", reference="order-2"))
    assert [field.field for field in error.value.fields] == ["reference"]


def test_a_sibling_that_is_completed_later_has_the_time_of_the_request(world: World) -> None:
    world.add_record(target_user_id="456")
    lead, sibling = asked(world).notifications
    del world.notifications.stored[sibling.id]
    change_notification(world.ports, lead.id, {"scheduled_delivery": LATER})
    world.watch.forward(minutes=1)

    moved, completed = asked(world).notifications

    assert (moved.scheduled_delivery, completed.scheduled_delivery) == (LATER, NOON)
