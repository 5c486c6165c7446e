"""Taking a notification back: the answer is the truth."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from notification_core.adapters.memory.contents import MemoryContents
from notification_core.domain.content import Content
from notification_core.domain.errors import NotFound, Unavailable
from notification_core.domain.notification import Notification
from notification_core.domain.status import FINAL, Status
from notification_core.usecases.sending.cancel import TRIES, CancelResult, cancel
from tests.builders import NOON, World
from tests.domain.standing import standing
from tests.usecases.steps import claimed, handed, put_back, racing, stored


def test_a_scheduled_notification_is_cancelled(world: World) -> None:
    before = stored(world)
    world.watch.forward(seconds=1)

    result, after = cancel(world.ports, before.id)

    assert result is CancelResult.CANCELLED
    assert after == before.cancelled(world.watch()) == world.stored(before)
    assert after.attempted_delivery is None


def test_a_notification_that_waits_for_its_retry_is_cancelled_and_keeps_its_attempt(
    world: World,
) -> None:
    retried = put_back(world, stored(world), minutes=5)

    result, after = cancel(world.ports, retried.id)

    assert (result, after.status) == (CancelResult.CANCELLED, Status.CANCELLED)
    assert after.attempted_delivery == NOON


def test_a_cancelled_notification_is_not_sent(world: World) -> None:
    before = stored(world)
    cancel(world.ports, before.id)

    handed(world, before)

    assert world.provider.seen == []


@pytest.mark.parametrize("status", [Status.SENDING, Status.SENT])
def test_a_notification_under_way_is_too_late_to_cancel(world: World, status: Status) -> None:
    before = standing(status)
    world.notifications.create([before])

    assert cancel(world.ports, before.id) == (CancelResult.TOO_LATE, before)
    assert world.stored(before) is before


@pytest.mark.parametrize(
    ("ahead", "result"),
    [(59, CancelResult.TOO_LATE), (60, CancelResult.ALREADY_FINAL)],
)
def test_a_sent_notification_is_final_when_no_confirmation_is_expected(
    world: World, ahead: int, result: CancelResult
) -> None:
    until = NOON + timedelta(minutes=60)
    before = standing(Status.SENT, due_at=None, awaited_until=until)
    world.notifications.create([before])
    world.watch.now = NOON + timedelta(minutes=ahead)

    assert cancel(world.ports, before.id) == (result, before)


@pytest.mark.parametrize("status", sorted(FINAL))
def test_a_final_notification_cannot_be_cancelled(world: World, status: Status) -> None:
    before = standing(status)
    world.notifications.create([before])

    assert cancel(world.ports, before.id) == (CancelResult.ALREADY_FINAL, before)
    assert world.stored(before) is before


def test_a_second_cancel_is_reported_as_such(world: World) -> None:
    notification = stored(world)

    results = [cancel(world.ports, notification.id)[0] for _ in range(2)]

    assert results == [CancelResult.CANCELLED, CancelResult.ALREADY_FINAL]


def test_an_unknown_notification_is_not_cancelled(world: World) -> None:
    with pytest.raises(NotFound, match="nowhere"):
        cancel(world.ports, "nowhere")


def cancelled_while(
    world: World, before: Notification, happens: Callable[[], object], times: int = 1
) -> tuple[CancelResult, Notification]:
    """Cancel while something else happens."""
    return cancel(racing(world, happens, times), before.id)


def test_a_claim_that_came_first_wins(world: World) -> None:
    before = stored(world)

    result, current = cancelled_while(world, before, lambda: claimed(world, before))

    assert (result, current.status) == (CancelResult.TOO_LATE, Status.SENDING)
    assert world.stored(before) == current


def test_a_delivery_that_came_first_wins(world: World) -> None:
    before = stored(world)

    result, current = cancelled_while(world, before, lambda: handed(world, before))

    assert (result, current.status) == (CancelResult.ALREADY_FINAL, Status.DELIVERED)


def test_an_attempt_that_failed_meanwhile_leaves_it_cancellable(world: World) -> None:
    before = stored(world)

    result, after = cancelled_while(world, before, lambda: put_back(world, before, minutes=1))

    assert (result, after.status) == (CancelResult.CANCELLED, Status.CANCELLED)
    assert after.retry_attempts == 1


@pytest.mark.parametrize(("moves", "cancelled"), [(TRIES - 1, True), (TRIES, False)])
def test_a_notification_that_keeps_changing_is_finally_given_up(
    world: World, moves: int, cancelled: bool
) -> None:
    before = stored(world)

    def move() -> None:
        put_back(world, world.stored(before), minutes=1)

    if cancelled:
        assert cancelled_while(world, before, move, moves)[0] is CancelResult.CANCELLED
    else:
        with pytest.raises(Unavailable):
            cancelled_while(world, before, move, moves)
        assert world.stored(before).status is Status.RETRY


class Unreadable(MemoryContents):
    """A bucket that does not answer."""

    def load(self, contents: Sequence[Content]) -> list[Content | Exception]:
        return [ConnectionError("to the bucket") for _ in contents]


def test_a_content_that_cannot_be_read_keeps_nothing_from_being_cancelled(world: World) -> None:
    before = stored(world)

    with pytest.raises(ConnectionError):
        cancel(replace(world.ports, contents=Unreadable()), before.id)

    assert world.stored(before).status is Status.CANCELLED
    assert cancel(world.ports, before.id)[0] is CancelResult.ALREADY_FINAL
