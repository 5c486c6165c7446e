"""A dead letter is told to the notification that it was for, and kept."""

import json
from dataclasses import replace
from typing import Any

import pytest

from notification_core.domain.due import WakeUp
from notification_core.domain.errors import Unavailable
from notification_core.domain.notification import Notification
from notification_core.domain.status import Status
from notification_core.domain.timing import LEASE
from notification_core.usecases.sending.dead_letters import (
    CODE,
    DeadLetter,
    mark_dead_letter,
    mark_lost_report,
)
from notification_core.usecases.sending.enqueue import wake_up_for
from tests.builders import ASKED, NOON, TELLING, World
from tests.usecases.steps import claimed, handed, put_back, racing, stored, with_module


def letter(*wake_ups: WakeUp, **changes: Any) -> DeadLetter:
    """The message of these wake-ups."""
    values: dict[str, Any] = {
        "id": "m-1",
        "module": "pigeon",
        "body": "{}",
        "wake_ups": wake_ups,
        "receive_count": 4,
        "sent_at": NOON,
    }
    return DeadLetter(**values | changes)


def test_a_waiting_notification_ends_as_a_delivery_failure(world: World) -> None:
    lost = stored(world)

    [marked] = mark_dead_letter(world.ports, letter(wake_up_for(lost)))

    assert world.stored(lost) == marked
    assert (marked.status, marked.attempted_delivery) == (Status.DELIVERY_FAILURE, NOON)
    assert marked.last_error is not None
    assert (marked.last_error.code, marked.retry_attempts) == (CODE, 0)
    assert (marked.timeline[-1].event, marked.timeline[-1].code) == ("dead_letter", CODE)
    assert "m-1" in marked.timeline[-1].detail


def test_the_error_of_the_last_attempt_is_kept(world: World) -> None:
    lost = put_back(world, stored(world), minutes=1)

    [marked] = mark_dead_letter(world.ports, letter(wake_up_for(lost)))

    assert marked.last_error == lost.last_error
    assert marked.attempted_delivery == lost.attempted_delivery


def test_an_attempt_without_a_recorded_end_is_unknown(world: World) -> None:
    lost = claimed(world, stored(world))
    world.watch.forward(seconds=LEASE.total_seconds() + 1)

    [marked] = mark_dead_letter(world.ports, letter(wake_up_for(lost)))

    assert (marked.status, marked.timeline[-1].code) == (Status.UNKNOWN, CODE)


def test_a_dead_letter_of_a_notification_under_way_changes_nothing(world: World) -> None:
    sending = claimed(world, stored(world))

    assert mark_dead_letter(world.ports, letter(wake_up_for(sending))) == []
    assert world.stored(sending) == sending


def test_a_dead_lettered_poll_is_noted_once_and_the_status_stays_sent(world: World) -> None:
    with_module(world, confirmation=ASKED)
    sent = stored(world)
    handed(world, sent)
    look = wake_up_for(world.stored(sent))

    [marked] = mark_dead_letter(world.ports, letter(look))

    assert (marked.status, marked.timeline[-1].event) == (Status.SENT, "dead_letter")
    assert mark_dead_letter(world.ports, letter(look)) == []


def test_one_that_has_moved_on_is_left_alone(world: World) -> None:
    first = stored(world)
    again = put_back(world, first, minutes=1)
    delivered = stored(world)
    handed(world, delivered)

    assert mark_dead_letter(world.ports, letter(wake_up_for(first), WakeUp(1, delivered.id))) == []
    assert world.stored(first) == again


def test_one_of_another_target_is_left_alone(world: World) -> None:
    other = stored(world, module="dove")

    assert mark_dead_letter(world.ports, letter(wake_up_for(other))) == []


def test_twice_is_as_once(world: World) -> None:
    lost = stored(world)
    mark_dead_letter(world.ports, letter(wake_up_for(lost)))
    once = world.stored(lost)

    assert mark_dead_letter(world.ports, letter(wake_up_for(lost))) == []
    assert world.stored(lost) == once


def test_everything_in_the_notification_is_shown(world: World) -> None:
    lost: list[Notification] = [stored(world) for _ in range(3)]

    marked = mark_dead_letter(world.ports, letter(*map(wake_up_for, lost), *map(wake_up_for, lost)))

    assert {each.id for each in marked} == {each.id for each in lost}


@pytest.mark.parametrize("wake_ups", [None, ()])
def test_an_unreadable_dead_letter_is_kept_all_the_same(world: World, wake_ups: Any) -> None:
    assert mark_dead_letter(world.ports, letter(wake_ups=wake_ups, body="{garbage")) == []

    [(name, text)] = world.evidence.kept.items()
    assert name == "pigeon/2026-03-01/m-1.json"
    assert json.loads(text)["body"] == "{garbage"


def test_a_claim_that_comes_between_the_read_and_the_write_wins(world: World) -> None:
    lost = stored(world)
    ports = racing(world, lambda: claimed(world, lost))

    assert mark_dead_letter(ports, letter(wake_up_for(lost))) == []
    assert world.stored(lost).status is Status.SENDING


def test_a_dead_letter_that_the_store_cannot_decide_is_handed_over_again(world: World) -> None:
    lost = stored(world)

    class Failing(type(world.notifications)):  # type: ignore[misc]
        def advance(self, changes: Any) -> list[Any]:
            return [Unavailable() for _ in changes]

    failing = Failing(4, world.records)
    failing.stored = world.notifications.stored

    with pytest.raises(Unavailable):
        mark_dead_letter(replace(world.ports, notifications=failing), letter(wake_up_for(lost)))
    assert len(mark_dead_letter(world.ports, letter(wake_up_for(lost)))) == 1


def test_a_dead_lettered_report_is_noted_once_and_changes_no_status(world: World) -> None:
    with_module(world, confirmation=TELLING)
    sent = stored(world)
    handed(world, sent)
    lost = letter(wake_ups=None, body='{"event": "Bounce"}')

    [marked] = mark_lost_report(world.ports, lost, sent.id)

    assert world.stored(sent) == marked
    assert (marked.status, marked.timeline[-1].event) == (Status.SENT, "dead_letter")
    assert mark_lost_report(world.ports, lost, sent.id) == []


def test_a_dead_lettered_report_does_not_change_an_attempt_under_way(world: World) -> None:
    sending = claimed(world, stored(world))

    assert mark_lost_report(world.ports, letter(wake_ups=None), sending.id) == []
    assert world.stored(sending) == sending


@pytest.mark.parametrize("named", ["", "nonsense", "0b9cf1a8-0000-4000-8000-000000000000"])
def test_a_dead_lettered_report_about_an_unknown_message_is_only_kept(
    world: World, named: str
) -> None:
    assert mark_lost_report(world.ports, letter(wake_ups=None), named) == []
    assert len(world.evidence.kept) == 1


def test_a_notification_that_a_dead_letter_ends_is_counted_once(world: World) -> None:
    lost = stored(world)
    for _ in range(2):
        mark_dead_letter(world.ports, letter(wake_up_for(lost)))

    assert world.counters.added == {(lost.target, "DELIVERY FAILURE", CODE): 1}
