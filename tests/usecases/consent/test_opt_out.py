"""A user says no: when it answers, nothing more goes out."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from notification_core.adapters.memory.notifications import MemoryNotifications
from notification_core.domain.consent import ConsentSource, OptOut
from notification_core.domain.consent_scopes import EVERYTHING
from notification_core.domain.errors import NotFound, StillSending
from notification_core.domain.failures import RetryLater
from notification_core.domain.notification import Notification
from notification_core.domain.status import FINAL, Status
from notification_core.domain.transitions import Transition
from notification_core.ports import Ports
from notification_core.usecases.consent.opt_out import PATIENCE, get_opt_out, record_consent
from notification_core.usecases.consent.opt_out_job import PAGE
from tests.builders import NOON, SHARDS, World, an_opt_out
from tests.domain.standing import standing
from tests.usecases.steps import claimed, handed, put_back, stored


def set_opt_out(ports: Ports, user: str, *, active: bool) -> tuple[OptOut, int]:
    """Opt a user out of everything, or in again, as the application does."""
    heard = record_consent(
        ports, user, [EVERYTHING], active=active, source=ConsentSource.API, evidence="caller"
    )
    assert heard.job is None
    return heard.opt_out, heard.ended


def test_it_ends_what_is_scheduled_and_what_waits_for_its_retry(world: World) -> None:
    scheduled = stored(world, scheduled_delivery=NOON + timedelta(days=3))
    retried = put_back(world, stored(world), minutes=5)

    opt_out, ended = set_opt_out(world.ports, "eggs", active=True)

    assert (opt_out, ended) == (an_opt_out(), 2)
    for before, attempted in [(scheduled, None), (retried, NOON)]:
        after = world.stored(before)
        assert (after.status, after.due_at) == (Status.OPTED_OUT, None)
        assert after.attempted_delivery == attempted


def test_it_leaves_other_users_alone(world: World) -> None:
    other = stored(world, user="spam")

    assert set_opt_out(world.ports, "eggs", active=True)[1] == 0
    assert world.stored(other) is other


@pytest.mark.parametrize("status", [*sorted(FINAL), Status.SENT])
def test_sent_and_final_notifications_are_left(world: World, status: Status) -> None:
    before = standing(status)
    world.notifications.create([before])

    assert set_opt_out(world.ports, "eggs", active=True)[1] == 0
    assert world.stored(before) is before


def test_it_reaches_every_page_of_a_users_notifications(world: World) -> None:
    everything = [stored(world) for _ in range(2 * PAGE + 1)]

    assert set_opt_out(world.ports, "eggs", active=True)[1] == len(everything)
    assert {world.stored(each).status for each in everything} == {Status.OPTED_OUT}


def test_a_notification_that_was_on_a_queue_already_is_not_sent(world: World) -> None:
    before = stored(world)
    set_opt_out(world.ports, "eggs", active=True)

    handed(world, before)

    assert world.provider.seen == []


def settling(world: World, after_seconds: float, end: Notification) -> None:
    """Let another consumer record an end so many seconds from now."""
    at = world.watch() + timedelta(seconds=after_seconds)

    def sleep(seconds: float) -> None:
        world.watch.forward(seconds=seconds)
        if world.watch() >= at and world.stored(end).status is Status.SENDING:
            world.notifications.stored[end.id] = end

    world.on_sleep = sleep


def test_it_waits_for_what_is_being_sent(world: World) -> None:
    sending = claimed(world, stored(world))
    settling(world, 7, sending.delivered(NOON, "SM1"))

    _, ended = set_opt_out(world.ports, "eggs", active=True)

    assert ended == 0
    assert world.stored(sending).status is Status.DELIVERED
    assert timedelta(seconds=7) <= world.watch() - NOON < timedelta(seconds=8)


def test_an_attempt_that_fails_meanwhile_is_not_tried_again(world: World) -> None:
    sending = claimed(world, stored(world))
    retry = sending.retried(NOON, RetryLater("503"), NOON + timedelta(minutes=1))
    settling(world, 2, retry)

    _, ended = set_opt_out(world.ports, "eggs", active=True)

    assert ended == 1
    assert world.stored(sending).status is Status.OPTED_OUT


def test_after_its_patience_an_opt_out_raises_still_sending(
    world: World, waits: list[float]
) -> None:
    sending, waiting = claimed(world, stored(world)), stored(world)

    with pytest.raises(StillSending):
        set_opt_out(world.ports, "eggs", active=True)

    assert timedelta(seconds=sum(waits)) == pytest.approx(PATIENCE, abs=timedelta(seconds=0.2))
    assert world.opt_outs.stored["eggs"].active
    assert world.stored(sending) is sending
    assert world.stored(waiting).status is Status.OPTED_OUT


class Checking(MemoryNotifications):
    """Sees that the opt-out stands before anything is ended."""

    def __init__(self, world: World) -> None:
        super().__init__(SHARDS, world.records)
        self.stored = world.notifications.stored
        self.world = world
        self.refusals = 1

    def advance(self, transitions: Sequence[Transition]) -> list[bool | Exception]:
        assert self.world.opt_outs.stored["eggs"].active
        if self.refusals:
            self.refusals -= 1
            return [RuntimeError("throttled") for _ in transitions]
        return super().advance(transitions)


def test_the_opt_out_stands_first_and_what_the_store_could_not_decide_is_tried_again(
    world: World,
) -> None:
    before = stored(world)
    ports = replace(world.ports, notifications=Checking(world))

    assert set_opt_out(ports, "eggs", active=True)[1] == 1
    assert world.stored(before).status is Status.OPTED_OUT


def test_ending_it_restores_nothing(world: World) -> None:
    before = stored(world)
    set_opt_out(world.ports, "eggs", active=True)
    world.watch.forward(days=1)

    opt_out, changed = set_opt_out(world.ports, "eggs", active=False)

    assert (opt_out.active, changed) == (False, 0)
    assert (opt_out.created_at, opt_out.updated_at) == (NOON, world.watch())
    assert world.stored(before).status is Status.OPTED_OUT


def test_ending_one_that_never_was_touches_nothing(world: World) -> None:
    before = stored(world)

    assert set_opt_out(world.ports, "eggs", active=False)[1] == 0
    assert world.stored(before) is before


def test_it_is_read_back(world: World) -> None:
    with pytest.raises(NotFound, match="ever set"):
        get_opt_out(world.ports, "eggs")

    stored_one, _ = set_opt_out(world.ports, "eggs", active=True)

    assert get_opt_out(world.ports, "eggs") == replace(stored_one, revision=1)
