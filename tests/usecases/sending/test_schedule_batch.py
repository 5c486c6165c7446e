"""Accepting many requests: each has its own answer, in the order sent."""

from typing import Any

import pytest

from notification_core.domain.errors import (
    IdempotencyMismatch,
    InvalidInput,
    NotificationError,
    UnknownRecord,
)
from notification_core.usecases.sending.draft import Draft
from notification_core.usecases.sending.schedule import ScheduleResult, schedule_all
from tests.builders import World, a_draft
from tests.usecases.steps import messages


def answers(world: World, *drafts: Draft) -> list[ScheduleResult | NotificationError]:
    """Ask for them all at once."""
    return schedule_all(world.ports, "caller", drafts)


def accepted(answer: ScheduleResult | NotificationError) -> ScheduleResult:
    """An answer that is no refusal."""
    assert isinstance(answer, ScheduleResult)
    return answer


def test_nothing_asked_is_nothing_answered(world: World) -> None:
    assert answers(world) == []


def test_a_hundred_are_answered_in_the_order_sent(world: World) -> None:
    results = answers(world, *(a_draft(title=f"No {n}") for n in range(100)))

    titles = [accepted(each).notifications[0].content.title for each in results]
    assert titles == [f"No {n}" for n in range(100)]
    assert len(messages(world)) == 100


@pytest.mark.parametrize(
    "bad",
    [
        a_draft(title=""),
        a_draft(body="\ud83d"),
        a_draft(extra={"perch": float("nan")}),
        a_draft(user="nobody"),
        a_draft(targets=["Dodo"]),
        a_draft(target_user_record="nowhere"),
    ],
)
def test_one_bad_item_does_not_sink_the_rest(world: World, bad: Draft) -> None:
    first, middle, last = answers(world, a_draft(), bad, a_draft())

    assert isinstance(middle, NotificationError)
    assert accepted(first).created
    assert accepted(last).created
    assert len(world.notifications.stored) == 2


@pytest.mark.parametrize("value", [float("nan"), "\ud83d"])
def test_nor_does_one_whose_key_was_used_before(world: World, value: Any) -> None:
    answers(world, a_draft(idempotency_key="used"))

    bad, good = answers(world, a_draft(idempotency_key="used", extra={"perch": value}), a_draft())

    assert isinstance(bad, InvalidInput | IdempotencyMismatch)
    assert accepted(good).created


def test_a_key_repeated_within_a_batch_is_answered_again(world: World) -> None:
    once = a_draft(idempotency_key="once")

    first, second, other, third = map(accepted, answers(world, once, once, a_draft(), once))

    assert [each.created for each in (first, second, other, third)] == [True, False, True, False]
    assert first.notifications == second.notifications == third.notifications
    assert len(world.notifications.stored) == 2
    assert len(messages(world)) == 2


def test_a_key_repeated_with_other_content_is_refused(world: World) -> None:
    first, second = answers(
        world, a_draft(idempotency_key="once"), a_draft(idempotency_key="once", title="Other")
    )

    assert accepted(first).created
    assert isinstance(second, IdempotencyMismatch)


def test_a_key_whose_first_request_was_bad_is_still_free(world: World) -> None:
    first, second = answers(
        world,
        a_draft(idempotency_key="once", target_user_record="nowhere"),
        a_draft(idempotency_key="once"),
    )

    assert isinstance(first, UnknownRecord)
    assert accepted(second).created


def test_requests_for_many_users_are_kept_apart(world: World) -> None:
    record = world.add_record(user="spam", target_user_id="456")

    eggs, spam = map(accepted, answers(world, a_draft(), a_draft(user="spam")))

    assert [each.user for each in eggs.notifications] == ["eggs"]
    assert [each.target_user_record for each in spam.notifications] == [record.id]
