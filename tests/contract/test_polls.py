"""What every NotificationStore does with polls: they are due, and they are no notifications."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from notification_core.domain.clock import to_epoch_ms
from notification_core.domain.due import BEGINNING, WakeUp, shards_of
from notification_core.domain.polls import Poll
from notification_core.domain.transitions import ClaimRejected
from notification_core.ports import Ports
from notification_core.usecases.sending.enqueue import wake_up_for
from tests.builders import NOON, SHARDS, a_claim

LATER = NOON + timedelta(minutes=15)


@pytest.fixture
def poll(ports: Ports) -> Poll:
    """One of a module of its own, stored."""
    poll = Poll(
        id=str(uuid4()),
        module=f"module-{uuid4()}",
        notifications=tuple(str(uuid4()) for _ in range(200)),
        sent_at=NOON,
        due_at=NOON + timedelta(minutes=5),
    )
    ports.notifications.add_poll(poll)
    return poll


def due(ports: Ports, poll: Poll) -> list[WakeUp]:
    """What the due index holds of its module."""
    until = to_epoch_ms(LATER + timedelta(days=1))
    shards = shards_of(poll.module, SHARDS)
    pages = [page for each in shards for page in ports.notifications.due(each, BEGINNING, until)]
    return [wake_up for page in pages for wake_up in page]


def claimed(ports: Ports, poll: Poll) -> object:
    """What a consumer that has its message finds."""
    [result] = ports.notifications.claim([wake_up_for(poll)], a_claim(), NOON, poll.module)
    return result


def test_a_poll_is_due_and_shown_to_its_claimant(ports: Ports, poll: Poll) -> None:
    assert due(ports, poll) == [wake_up_for(poll)]
    assert claimed(ports, poll) == ClaimRejected(None, poll)
    [of_another_turn] = ports.notifications.claim(
        [WakeUp(1, poll.id)], a_claim(), NOON, poll.module
    )
    assert of_another_turn == ClaimRejected(None, poll)


def test_a_poll_is_not_a_notification(ports: Ports, poll: Poll) -> None:
    assert ports.notifications.get([poll.id]) == [None]


def test_one_that_is_stored_twice_is_stored_once(ports: Ports, poll: Poll) -> None:
    ports.notifications.add_poll(poll)

    assert due(ports, poll) == [wake_up_for(poll)]


def test_it_moves_to_its_next_turn_with_what_is_left(ports: Ports, poll: Poll) -> None:
    after = replace(poll, notifications=poll.notifications[:2], due_at=LATER)

    assert ports.notifications.replace_poll(poll, after)

    assert claimed(ports, after) == ClaimRejected(None, after)
    assert due(ports, poll) == [wake_up_for(after)]


def test_it_is_over_when_it_is_removed(ports: Ports, poll: Poll) -> None:
    assert ports.notifications.replace_poll(poll, None)

    assert due(ports, poll) == []
    assert claimed(ports, poll) == ClaimRejected(None)


@pytest.mark.parametrize("is_over", [False, True])
def test_the_second_of_two_polls_in_one_turn_changes_nothing(
    ports: Ports, poll: Poll, *, is_over: bool
) -> None:
    after = replace(poll, due_at=LATER)
    assert ports.notifications.replace_poll(poll, after)

    other = None if is_over else replace(poll, due_at=NOON)
    assert not ports.notifications.replace_poll(poll, other)

    assert due(ports, poll) == [wake_up_for(after)]


def test_nothing_comes_back_that_was_removed(ports: Ports, poll: Poll) -> None:
    ports.notifications.replace_poll(poll, None)

    assert not ports.notifications.replace_poll(poll, replace(poll, due_at=LATER))
    assert due(ports, poll) == []
