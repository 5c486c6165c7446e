"""The new times and attempts of a waiting notification."""

from datetime import timedelta
from typing import Any

import pytest

from notification_core.domain.status import Status
from notification_core.usecases.sending.change import ChangeResult, change_notification
from tests.builders import NOON, World
from tests.usecases.sending.changes import LATER, changed, refused
from tests.usecases.steps import messages, put_back, stored


def test_a_past_time_means_now_and_a_notification_that_is_due_is_not_moved_again(
    world: World,
) -> None:
    before = stored(world, scheduled_delivery=LATER)

    after = changed(world, before, scheduled_delivery=NOON - timedelta(days=1))
    world.watch.forward(seconds=2)
    again = change_notification(world.ports, before.id, {"scheduled_delivery": NOON})

    assert after.scheduled_delivery == NOON
    assert again == (ChangeResult.UNCHANGED, after)


def test_the_time_of_a_retry_moves_the_next_attempt_only(world: World) -> None:
    before = put_back(world, stored(world), minutes=5)

    after = changed(world, before, scheduled_delivery=LATER)

    assert (after.status, after.due_at, after.retry_attempts) == (Status.RETRY, LATER, 1)
    assert (after.scheduled_delivery, after.last_error) == (NOON, before.last_error)
    assert after.timeline[-1].detail == "next_attempt"
    assert change_notification(world.ports, before.id, {"scheduled_delivery": LATER}) == (
        ChangeResult.UNCHANGED,
        after,
    )


def test_a_retry_may_come_sooner_than_it_was_to(world: World) -> None:
    before = put_back(world, stored(world), hours=1)
    world.watch.forward(minutes=1)

    after = changed(world, before, scheduled_delivery=NOON)

    assert after.due_at == world.watch()
    assert messages(world) == {before.id: 0}


def test_null_removes_the_expiry_and_the_category_and_what_is_absent_stays(world: World) -> None:
    before = stored(world, deliver_before=LATER, category="news", reference="r")

    assert changed(world, before, max_retries=5).deliver_before == LATER
    after = changed(world, before, deliver_before=None, category=None)

    assert (after.deliver_before, after.category) == (None, None)
    assert (after.max_retries, after.reference, after.content) == (5, "r", before.content)


def test_the_same_values_change_nothing(world: World) -> None:
    before = stored(world, deliver_before=LATER)
    same: Any = {
        "scheduled_delivery": NOON,
        "deliver_before": LATER,
        "title": before.content.title,
        "body": before.content.body,
        "extra": {},
        "category": None,
        "max_retries": 3,
    }

    result, after = change_notification(world.ports, before.id, same)

    assert (result, after) == (ChangeResult.UNCHANGED, before)
    assert world.stored(before) is before


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"data": {}}, "data", "goes with a template"),
        ({"title": "two\nlines"}, "title", "one line"),
        ({"body": "  "}, "body", "must not be empty"),
        ({"category": "not a category"}, "category", ""),
        ({"max_retries": 0}, "max_retries", "must be 1 to 100"),
        ({"deliver_before": NOON}, "deliver_before", "must be after scheduled_delivery"),
        ({"scheduled_delivery": LATER}, "deliver_before", "must be after scheduled_delivery"),
        (
            {"scheduled_delivery": NOON + timedelta(days=365), "deliver_before": None},
            "scheduled_delivery",
            "at most one year after the notification was created",
        ),
        ({"max_retries": 100}, "max_retries", "more than 395 days after"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_and_changes_nothing(
    world: World, changes: dict[str, Any], field: str, message: str
) -> None:
    before = stored(
        world, deliver_before=NOON + timedelta(hours=1), retry_time_interval=7 * 24 * 3600
    )

    errors = refused(world, before, **changes)

    assert list(errors) == [field]
    assert message in errors[field]
    assert world.stored(before) is before


def test_every_value_that_does_not_fit_is_named(world: World) -> None:
    before = stored(world)

    errors = refused(world, before, deliver_before=NOON, max_retries=101, category="not a category")

    assert {*errors} == {"deliver_before", "max_retries", "category"}


def test_the_end_of_a_retry_must_be_after_its_next_attempt(world: World) -> None:
    before = put_back(world, stored(world), hours=1)

    errors = refused(world, before, deliver_before=NOON + timedelta(minutes=30))

    assert errors == {"deliver_before": "must be after the next attempt and in the future"}


def test_at_least_one_attempt_must_be_left(world: World) -> None:
    before = put_back(world, stored(world), minutes=5)

    assert refused(world, before, max_retries=1) == {
        "max_retries": "must be 2 to 100, because 1 attempt has failed"
    }
    assert changed(world, before, max_retries=2).max_retries == 2
