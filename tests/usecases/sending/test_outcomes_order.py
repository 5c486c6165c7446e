"""What is stored first: an outcome never waits for the refusal of another recipient."""

from dataclasses import replace

import pytest

from notification_core.adapters.memory.notifications import MemoryNotifications
from notification_core.adapters.memory.stores import MemoryOptOuts
from notification_core.domain.attempt_policy import next_state
from notification_core.domain.consent import OptOut
from notification_core.domain.delivery import Accepted, Complained
from notification_core.domain.failures import ConsentWithdrawn, DeliveryFailed, Misconfigured
from notification_core.domain.notification import Notification
from notification_core.domain.paging import Page
from notification_core.domain.status import Status
from notification_core.domain.transitions import Transition
from notification_core.usecases.sending.outcomes import REFUSALS_WITHIN, save_outcomes
from tests.builders import NOON, SHARDS, World
from tests.usecases.steps import claimed, stored


class Killed(BaseException):
    """The function's time is up."""


class Ledger(MemoryOptOuts):
    """Takes its time, may be killed, and notes what was stored when it was written to."""

    def __init__(self, world: World, *, seconds: float = 0, kills: bool = False) -> None:
        super().__init__()
        self.world, self.seconds, self.kills = world, seconds, kills
        self.statuses: list[list[Status]] = []

    def put(self, opt_out: OptOut) -> bool:
        """Write, or be killed."""
        notifications = self.world.notifications.stored.values()
        self.statuses.append([each.status for each in notifications])
        if self.kills:
            raise Killed
        self.world.watch.forward(seconds=self.seconds)
        return super().put(opt_out)


def ended(world: World, outcome: Accepted | DeliveryFailed, user: str = "eggs") -> Transition:
    """An attempt that ended so."""
    sending = claimed(world, stored(world, user=user))
    after = next_state(sending, outcome, world.module, world.watch())
    return Transition(sending, after, outcome if isinstance(outcome, DeliveryFailed) else None)


REFUSED = ConsentWithdrawn("21610")


def test_a_kill_while_a_refusal_is_written_down_loses_no_outcome_that_was_taken(
    world: World,
) -> None:
    refused = ended(world, REFUSED)
    taken = [ended(world, Accepted(f"SM{n}")) for n in range(3)]
    ports = replace(world.ports, opt_outs=Ledger(world, kills=True))

    with pytest.raises(Killed):
        save_outcomes(ports, world.module, [refused, *taken])

    assert {world.stored(each.before).status for each in taken} == {Status.DELIVERED}
    assert world.stored(refused.before).status is Status.SENDING


def test_a_refusal_is_in_the_ledger_before_its_own_outcome_is_stored(world: World) -> None:
    refused, ledger = ended(world, REFUSED), Ledger(world)

    save_outcomes(replace(world.ports, opt_outs=ledger), world.module, [refused])

    assert ledger.statuses == [[Status.SENDING]]
    assert world.stored(refused.before).status is Status.OPTED_OUT


class SlowListing(MemoryNotifications):
    """Is killed at the first listing of a user's notifications."""

    def __init__(self, world: World) -> None:
        super().__init__(SHARDS, world.records)
        self.stored = world.notifications.stored

    def list_by_user(self, user: str, limit: int, after: str | None = None) -> Page[Notification]:
        """Take too long."""
        raise Killed(user, limit, after)


def test_waiting_notifications_are_ended_last_because_their_own_check_holds_them(
    world: World,
) -> None:
    refused, ours = ended(world, REFUSED), ended(world, Misconfigured("20003"))
    ports = replace(world.ports, notifications=SlowListing(world))

    with pytest.raises(Killed):
        save_outcomes(ports, world.module, [refused, ours])

    assert world.stored(refused.before).status is Status.OPTED_OUT
    module = world.modules.get("pigeon")
    assert module is not None
    assert module.pause is not None
    assert world.opt_outs.stored["eggs"].scopes


class Unlisted(SlowListing):
    """Cannot list a user's notifications."""

    def list_by_user(self, user: str, limit: int, after: str | None = None) -> Page[Notification]:
        """Fail."""
        raise ConnectionError(user, limit, after)


def test_a_complaint_is_stored_although_what_waits_could_not_be_listed(world: World) -> None:
    sending = claimed(world, stored(world))
    spam = Transition(sending, sending.delivered(NOON, "SM1"), Complained("Complaint"))

    done = save_outcomes(replace(world.ports, notifications=Unlisted(world)), world.module, [spam])

    assert (done.settled, done.unrecorded) == ([spam.after], 0)
    assert world.opt_outs.stored["eggs"].scopes


def test_refusals_take_no_more_time_than_there_is(world: World) -> None:
    """A refusal that is not written down is stored, and a complaint is heard again."""
    refused = [ended(world, REFUSED, f"user-{n}") for n in range(20)]
    sending = claimed(world, stored(world))
    spam = Transition(sending, sending.delivered(NOON, "SM1"), Complained("Complaint"))
    ledger = Ledger(world, seconds=1)
    began = world.watch()

    done = save_outcomes(replace(world.ports, opt_outs=ledger), world.module, [*refused, spam])

    assert world.watch() - began <= REFUSALS_WITHIN * 1.5
    assert 1 < len(ledger.stored) < len(refused)
    assert {world.stored(each.before).status for each in refused} == {Status.OPTED_OUT}
    assert (world.stored(sending).status, done.unrecorded) == (Status.SENDING, 1)
