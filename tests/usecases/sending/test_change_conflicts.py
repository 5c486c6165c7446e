"""Changes that meet another change, a claim or a lost response."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from notification_core.domain.errors import (
    Unavailable,
)
from notification_core.domain.notification import Notification
from notification_core.domain.status import Status
from notification_core.domain.timeline import EventKind
from notification_core.usecases.sending.cancel import TRIES
from notification_core.usecases.sending.change import ChangeResult, change_notification
from tests.builders import NOON, World
from tests.usecases.sending.changes import LATER, changed
from tests.usecases.steps import claimed, handed, messages, put_back, racing, stored


def changed_while(
    world: World, before: Notification, happens: Callable[[], object], times: int = 1
) -> tuple[ChangeResult, Notification]:
    """Change it while something else happens."""
    ports = racing(world, happens, times)
    return change_notification(ports, before.id, {"scheduled_delivery": LATER, "body": "new"})


def test_a_claim_that_came_first_wins(world: World) -> None:
    before = stored(world)

    result, current = changed_while(world, before, lambda: claimed(world, before))

    assert (result, current.status) == (ChangeResult.TOO_LATE, Status.SENDING)
    assert current.content == before.content


def test_a_delivery_that_came_first_wins(world: World) -> None:
    before = stored(world)

    result, current = changed_while(world, before, lambda: handed(world, before))

    assert (result, current.status) == (ChangeResult.ALREADY_FINAL, Status.DELIVERED)


def test_an_attempt_that_failed_meanwhile_leaves_it_changeable(world: World) -> None:
    before = stored(world)

    result, after = changed_while(world, before, lambda: put_back(world, before, minutes=1))

    assert (result, after.status, after.due_at) == (ChangeResult.CHANGED, Status.RETRY, LATER)
    assert after.scheduled_delivery == NOON


def test_of_two_changes_at_once_the_second_keeps_what_the_first_did(world: World) -> None:
    before = stored(world)

    result, after = changed_while(
        world, before, lambda: changed(world, before, title="First", body="first")
    )

    assert result is ChangeResult.CHANGED
    assert (after.content.title, after.content.body) == ("First", "new")
    assert [event.detail for event in after.timeline[1:]] == [
        "body, title",
        "body, scheduled_delivery",
    ]


@pytest.mark.parametrize(("moves", "is_changed"), [(TRIES - 1, True), (TRIES, False)])
def test_a_notification_that_keeps_changing_is_finally_given_up(
    world: World, moves: int, is_changed: bool
) -> None:
    before = stored(world)

    def move() -> None:
        put_back(world, world.stored(before), minutes=1)

    if is_changed:
        assert changed_while(world, before, move, moves)[0] is ChangeResult.CHANGED
    else:
        with pytest.raises(Unavailable):
            changed_while(world, before, move, moves)


@pytest.mark.parametrize("claim_follows", [False, True])
def test_a_change_whose_response_is_lost_is_reported_as_a_change(
    world: World, claim_follows: bool
) -> None:
    before = stored(world)
    ports = racing(world, lambda: None)
    advance, answers = ports.notifications.advance, [[ConnectionError("cut")]]

    def cut(transitions: Any) -> Any:
        result = advance(transitions)
        if claim_follows:
            world.watch.now = NOON + timedelta(seconds=1)
            claimed(world, world.stored(before))
        return answers.pop() if answers else result

    ports.notifications.advance = cut  # type: ignore[method-assign]

    result, after = change_notification(ports, before.id, {"body": "new"})

    assert result is ChangeResult.CHANGED
    assert after.content.body == "new"
    assert after.status is (Status.SENDING if claim_follows else Status.SCHEDULED)
    events = [event.event for event in after.timeline]
    assert events.count(EventKind.CHANGED) == 1


@pytest.mark.parametrize(("seconds", "delays"), [(40, [40]), (600, [])])
def test_a_move_whose_response_is_lost_is_enqueued_for_its_new_time(
    world: World, seconds: int, delays: list[int]
) -> None:
    before = stored(world, scheduled_delivery=LATER)
    ports = racing(world, lambda: None)
    advance, answers = ports.notifications.advance, [[ConnectionError("cut")]]

    def cut(transitions: Any) -> Any:
        result = advance(transitions)
        return answers.pop() if answers else result

    ports.notifications.advance = cut  # type: ignore[method-assign]

    result, _ = change_notification(
        ports, before.id, {"scheduled_delivery": NOON + timedelta(seconds=seconds)}
    )

    assert result is ChangeResult.CHANGED
    assert [*messages(world).values()] == delays
