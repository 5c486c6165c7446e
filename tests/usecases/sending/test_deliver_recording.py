"""Stores that fail: an outcome is offered patiently, and what is stored stays stored."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import pytest

from notification_core.adapters.memory.notifications import MemoryNotifications
from notification_core.adapters.memory.stores import MemoryRecords
from notification_core.domain.addresses import TargetUserRecord
from notification_core.domain.claim import Claim
from notification_core.domain.delivery import Accepted
from notification_core.domain.due import WakeUp
from notification_core.domain.failures import InvalidAddress
from notification_core.domain.notification import Notification
from notification_core.domain.status import Status
from notification_core.domain.timing import LEASE
from notification_core.domain.transitions import ClaimRejected, Transition
from notification_core.usecases.sending.batch_result import DeliveryBatchResult
from notification_core.usecases.sending.enqueue import wake_up_for
from notification_core.usecases.sending.outcomes import ATTEMPTS
from tests.builders import SHARDS, World
from tests.usecases.steps import claimed, handed, stored, with_module


@dataclass
class Trouble:
    """How a store fails: which notification, how often."""

    notification: Notification
    times: int
    seen: list[int] = field(default_factory=list)  #: how many changes each call brought

    def strikes(self, ids: Sequence[str]) -> bool:
        """Whether this call fails."""
        if self.notification.id not in ids or not self.times:
            return False
        self.times -= 1
        return True


class Shaky(MemoryNotifications):
    """Shares the world's notifications and has trouble with one of them."""

    def __init__(self, world: World, trouble: Trouble) -> None:
        super().__init__(SHARDS, world.records)
        self.stored = world.notifications.stored
        self.trouble = trouble


class Refusing(Shaky):
    """Cannot decide about one of a request."""

    def advance(self, transitions: Sequence[Transition]) -> list[bool | Exception]:
        self.trouble.seen.append(len(transitions))
        return [
            RuntimeError("throttled")
            if self.trouble.strikes([each.before.id])
            else super(Refusing, self).advance([each])[0]
            for each in transitions
        ]


class Raising(Shaky):
    """Does not answer a request at all."""

    def advance(self, transitions: Sequence[Transition]) -> list[bool | Exception]:
        self.trouble.seen.append(len(transitions))
        if self.trouble.strikes([each.before.id for each in transitions]):
            raise ConnectionError("no answer")
        return super().advance(transitions)


class Undecided(Shaky):
    """Cannot decide about one claim."""

    def claim(
        self, wake_ups: Sequence[WakeUp], claim: Claim, now: datetime, module: str
    ) -> list[Notification | ClaimRejected | Exception]:
        return [
            RuntimeError("throttled")
            if self.trouble.strikes([each.id])
            else super(Undecided, self).claim([each], claim, now, module)[0]
            for each in wake_ups
        ]


def over(
    world: World, store: type[Shaky], trouble: Trouble, *batch: Notification
) -> DeliveryBatchResult:
    """Deliver a batch over such a store."""
    return handed(world, *batch, ports=replace(world.ports, notifications=store(world, trouble)))


@pytest.mark.parametrize("times", range(1, ATTEMPTS))
@pytest.mark.parametrize(("store", "again"), [(Refusing, 1), (Raising, 2)])
def test_an_outcome_is_recorded_by_a_store_that_recovers(
    world: World, waits: list[float], store: type[Shaky], again: int, times: int
) -> None:
    good, bad = stored(world), stored(world)
    trouble = Trouble(bad, times)

    done = over(world, store, trouble, good, bad)

    assert {each.id for each in done.settled} == {good.id, bad.id}
    assert {world.stored(each).status for each in (good, bad)} == {Status.DELIVERED}
    assert trouble.seen == [2] + [again] * times, "what is stored is not offered again"
    assert len(world.provider.seen) == 2
    assert sum(waits) < 2
    assert waits == sorted(waits)


@pytest.mark.parametrize("store", [Refusing, Raising])
def test_an_outcome_that_cannot_be_recorded_is_left_to_its_lease(
    world: World, store: type[Shaky]
) -> None:
    bad = stored(world)

    done = over(world, store, Trouble(bad, 99), bad)

    assert (done.settled, done.unrecorded, done.undecided) == ([], 1, [])
    assert world.stored(bad).status is Status.SENDING
    world.watch.now += LEASE
    world.watch.forward(milliseconds=1)
    handed(world, bad)
    assert world.stored(bad).status is Status.RETRY


def test_a_claim_that_the_store_could_not_decide_is_handed_over_again(world: World) -> None:
    good, bad = stored(world), stored(world)

    done = over(world, Undecided, Trouble(bad, 1), good, bad)

    assert done.undecided == [wake_up_for(bad)]
    assert [each.id for each in world.provider.seen] == [good.id]
    assert world.stored(bad) is bad


class Lost(Undecided):
    """Carries out the claim of one, but its answer is lost."""

    def claim(
        self, wake_ups: Sequence[WakeUp], claim: Claim, now: datetime, module: str
    ) -> list[Notification | ClaimRejected | Exception]:
        results = super(Undecided, self).claim(wake_ups, claim, now, module)
        return [
            RuntimeError("no answer") if self.trouble.strikes([wake_up.id]) else result
            for wake_up, result in zip(wake_ups, results, strict=True)
        ]


@pytest.mark.parametrize("policy", ["at_least_once", "at_most_once"])
def test_a_claim_whose_answer_is_lost_is_read_and_sent(world: World, policy: str) -> None:
    with_module(world, on_unknown=policy)
    good, bad = stored(world), stored(world)

    done = over(world, Lost, Trouble(bad, 1), good, bad)

    assert done.undecided == []
    assert sorted(each.id for each in world.provider.seen) == sorted([good.id, bad.id])
    assert {world.stored(each).status for each in (good, bad)} == {Status.DELIVERED}


class Unreadable(Lost):
    """And does not say afterwards what stands."""

    def get(self, ids: Sequence[str]) -> list[Notification | None]:
        raise ConnectionError(f"no answer about {ids}")


def test_a_claim_that_cannot_be_read_either_is_handed_over_again(world: World) -> None:
    good, bad = stored(world), stored(world)

    done = over(world, Unreadable, Trouble(bad, 1), good, bad)

    assert done.undecided == [wake_up_for(bad)]
    assert [each.id for each in world.provider.seen] == [good.id]


def test_another_consumers_claim_is_not_taken_for_ones_own(world: World) -> None:
    bad = stored(world)
    claimed(world, bad)

    done = over(world, Undecided, Trouble(bad, 1), bad)

    assert done.undecided == [wake_up_for(bad)]
    assert world.provider.seen == []


class Stuck(MemoryRecords):
    """Records that are read before the send, and then no more."""

    def __init__(self, world: World) -> None:
        super().__init__(world.targets)
        self.stored = world.records.stored
        self.reads = 1

    def get(self, ids: Iterable[str]) -> dict[str, TargetUserRecord]:
        if not self.reads:
            raise ConnectionError(f"no answer about {ids}")
        self.reads -= 1
        return super().get(ids)


def test_a_record_that_cannot_be_switched_off_costs_no_outcome(world: World) -> None:
    records = Stuck(world)
    dead = world.add_record(target_user_id="456")
    good, bad = stored(world), stored(world, target_user_record=dead.id)
    world.provider.answers = {"456": [InvalidAddress("21211")], "123": [Accepted("1")]}

    done = handed(world, bad, good, ports=replace(world.ports, records=records))

    assert {each.status for each in done.settled} == {Status.INACTIVE_DEVICE, Status.DELIVERED}
    assert world.stored(good).status is Status.DELIVERED
