"""What follows from an end: the record, the ledger, the pause; each with it or not at all."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest

from notification_core.adapters.memory.stores import MemoryOptOuts, MemoryRecords
from notification_core.domain.addresses import TargetUserRecord
from notification_core.domain.attempt_policy import next_state
from notification_core.domain.consent import ConsentSource, OptOut
from notification_core.domain.consent_scopes import category_scope, target_scope
from notification_core.domain.delivery import Accepted, Complained
from notification_core.domain.failures import (
    AccountBlocked,
    ConsentWithdrawn,
    DeliveryFailed,
    InvalidAddress,
    Misconfigured,
    Rejected,
    RetryLater,
)
from notification_core.domain.modules import PausedBy
from notification_core.domain.notification import Notification
from notification_core.domain.status import Status
from notification_core.domain.transitions import Transition
from notification_core.usecases.sending.outcomes import ATTEMPTS, save_outcomes
from tests.builders import NOON, World, a_pause, a_table, an_entry
from tests.usecases.steps import claimed, handed, jobs_done, racing, stored, with_module

ADDRESS = "123"
SOFT = InvalidAddress("552", "mailbox full", soft=True)
DEAD = InvalidAddress("21211", "not a number")


def failed(
    world: World, failure: DeliveryFailed | None, address: str | None = ADDRESS
) -> Transition:
    """An attempt that ended so."""
    sending = claimed(world, stored(world, max_retries=1))
    outcome = failure or Accepted("SM1")
    return Transition(
        sending, next_state(sending, outcome, world.module, world.watch()), failure, address
    )


def the_record(world: World) -> TargetUserRecord:
    """Return the world's record as it stands."""
    return world.records.stored[world.record.id]


def soft_module(world: World, **changes: object) -> None:
    """Deploy a module that knows a soft failure."""
    errors = a_table(_552={"class": "recipient", "soft": True})
    with_module(world, errors=errors, **changes)
    module = world.modules.get("pigeon")
    assert module is not None
    world.module = module


def test_a_dead_address_is_switched_off_with_the_end_of_its_notification(world: World) -> None:
    end = failed(world, DEAD)

    done = save_outcomes(world.ports, world.module, [end])

    assert done.settled == [end.after]
    assert the_record(world) == world.record.deactivated(DEAD, world.watch())


def test_an_end_that_another_consumer_recorded_does_not_touch_the_record(world: World) -> None:
    end = failed(world, DEAD)
    world.notifications.stored[end.before.id] = end.before.delivered(NOON, "SM9")

    done = save_outcomes(world.ports, world.module, [end])

    assert (done.settled, done.superseded) == ([], 1)
    assert the_record(world) == world.record


def test_an_address_that_was_corrected_meanwhile_stays_on(world: World) -> None:
    end = failed(world, DEAD)
    world.records.replace(world.record, replace(world.record, target_user_id="456"))

    save_outcomes(world.ports, world.module, [end])

    assert the_record(world).active
    assert world.stored(end.before).status is Status.INACTIVE_DEVICE


@pytest.mark.parametrize(("seconds", "active"), [(-1, False), (0, False), (1, True)])
def test_where_the_address_is_not_known_a_record_that_changed_since_the_attempt_stays_on(
    world: World, seconds: int, *, active: bool
) -> None:
    end = failed(world, DEAD, address=None)
    changed = replace(world.record, updated_at=NOON + timedelta(seconds=seconds))
    world.records.stored[world.record.id] = changed

    save_outcomes(world.ports, world.module, [end])

    assert the_record(world).active is active


def test_a_record_that_was_deleted_meanwhile_costs_no_outcome(world: World) -> None:
    end = failed(world, DEAD)
    world.records.remove(world.record)

    assert save_outcomes(world.ports, world.module, [end]).settled == [end.after]


def test_soft_failures_in_a_row_switch_it_off_and_a_delivery_forgets_them(world: World) -> None:
    soft_module(world, max_strikes=2)

    strikes = []
    for failure in (SOFT, None, SOFT, SOFT):
        save_outcomes(world.ports, world.module, [failed(world, failure)])
        strikes.append((the_record(world).strikes, the_record(world).active))

    assert strikes == [(1, True), (0, True), (1, True), (2, False)]


def test_a_module_without_soft_failures_reads_no_record_of_what_is_delivered(world: World) -> None:
    class Unread(MemoryRecords):
        """Must not be read."""

        def get(self, ids: Iterable[str]) -> dict[str, TargetUserRecord]:
            raise AssertionError(ids)

    ports = replace(world.ports, records=Unread(world.targets))

    assert len(save_outcomes(ports, world.module, [failed(world, None)]).settled) == 1


def test_only_the_last_attempt_of_a_soft_failure_counts(world: World) -> None:
    soft_module(world)
    sending = claimed(world, stored(world))
    retry = sending.retried(NOON, SOFT, NOON + timedelta(minutes=1))

    save_outcomes(world.ports, world.module, [Transition(sending, retry, SOFT, ADDRESS)])

    assert the_record(world) == world.record


@pytest.mark.parametrize("failure", [SOFT, DEAD])
@pytest.mark.parametrize("count", [2, 20])
def test_many_ends_of_one_record_in_one_batch_lose_no_outcome(
    world: World, failure: InvalidAddress, count: int
) -> None:
    soft_module(world, max_strikes=100)
    ends = [failed(world, failure) for _ in range(count)]

    done = save_outcomes(world.ports, world.module, ends)

    assert (len(done.settled), done.unrecorded, done.superseded) == (count, 0, 0)
    assert {world.stored(each.before).status for each in ends} == {ends[0].after.status}
    if failure is DEAD:
        assert not the_record(world).active
    else:
        assert min(count, ATTEMPTS - 1) <= the_record(world).strikes <= count


def test_a_record_that_changed_between_the_read_and_the_write_is_read_again(world: World) -> None:
    end = failed(world, DEAD)

    def describe() -> None:
        before = the_record(world)
        world.watch.forward(seconds=1)
        after = replace(before, description=f"{before.description}!", updated_at=world.watch())
        world.records.replace(before, after)

    ports = racing(world, describe, 2)

    assert save_outcomes(ports, world.module, [end]).settled == [end.after]
    assert (the_record(world).active, the_record(world).description) == (False, "!!")


def test_a_record_that_never_stands_still_costs_no_outcome(world: World) -> None:
    end = failed(world, DEAD)

    def touch() -> None:
        world.watch.forward(seconds=1)
        after = replace(the_record(world), updated_at=world.watch())
        world.records.stored[after.id] = after

    ports = racing(world, touch, 99)

    assert save_outcomes(ports, world.module, [end]).settled == [end.after]
    assert the_record(world).active


@pytest.mark.parametrize(
    ("cause", "source"),
    [
        (ConsentWithdrawn("21610"), ConsentSource.REFUSAL),
        (Complained("Complaint", "abuse"), ConsentSource.COMPLAINT),
    ],
)
def test_a_recipients_refusal_is_recorded_in_the_ledger_with_its_evidence(
    world: World, cause: ConsentWithdrawn | Complained, source: ConsentSource
) -> None:
    sending, waiting = claimed(world, stored(world)), stored(world)
    after = sending.opted_out(NOON, "")

    save_outcomes(world.ports, world.module, [Transition(sending, after, cause, ADDRESS)])

    scope = target_scope(world.target.id)
    [entry] = world.opt_outs.stored["eggs"].entries
    assert entry == an_entry(scope=scope, source=source, evidence=f"{cause.code} {sending.id}")
    jobs_done(world)
    assert world.stored(waiting).status is Status.OPTED_OUT


def test_a_complaint_is_about_its_category_and_a_refusal_about_the_address(world: World) -> None:
    for cause in (Complained("Complaint"), ConsentWithdrawn("21610")):
        sending = claimed(world, stored(world, category="news"))
        save_outcomes(
            world.ports, world.module, [Transition(sending, sending.opted_out(NOON, ""), cause)]
        )

    assert world.opt_outs.stored["eggs"].scopes == {
        category_scope("news"),
        target_scope(world.target.id),
    }


class Unwritable(MemoryOptOuts):
    """A ledger that cannot be written to."""

    def put(self, opt_out: OptOut) -> bool:
        raise ConnectionError(f"no answer about {opt_out.user}")


def test_a_refusal_that_cannot_be_written_down_costs_no_outcome(world: World) -> None:
    end = failed(world, ConsentWithdrawn("21610"))
    ports = replace(world.ports, opt_outs=Unwritable())

    assert save_outcomes(ports, world.module, [end]).settled == [end.after]
    assert world.stored(end.before).status is Status.OPTED_OUT


def test_a_complaint_that_cannot_be_recorded_is_not_stored_as_recorded(world: World) -> None:
    good = failed(world, None)
    sending = claimed(world, stored(world))
    spam = Transition(sending, sending.delivered(NOON, "SM1"), Complained("Complaint"))
    ports = replace(world.ports, opt_outs=Unwritable())

    done = save_outcomes(ports, world.module, [spam, good])

    assert (done.settled, done.unrecorded) == ([good.after], 1)
    assert world.stored(sending) == sending


@pytest.mark.parametrize(
    "failure", [Misconfigured("20003", "authenticate"), AccountBlocked("30002")]
)
def test_a_provider_that_refuses_to_send_pauses_the_module(
    world: World, failure: DeliveryFailed
) -> None:
    end = failed(world, failure)

    save_outcomes(
        world.ports, world.module, [failed(world, Rejected("1")), end, failed(world, failure)]
    )

    module = world.modules.get("pigeon")
    assert module is not None
    reason = failure.message or "the provider answers 30002"
    assert module.pause == a_pause(reason=reason, code=failure.code)
    assert world.stored(end.before).status is Status.RETRY


def test_any_other_failure_pauses_nothing(world: World) -> None:
    ends = [failed(world, each) for each in (Rejected("1"), DEAD, RetryLater("503"), None)]

    save_outcomes(world.ports, world.module, ends)

    assert world.modules.get("pigeon") == world.module


def test_a_fault_does_not_take_the_place_of_a_persons_pause(world: World) -> None:
    world.modules.pause("pigeon", a_pause(by=PausedBy.PERSON, reason="a storm", code=""))

    save_outcomes(world.ports, world.module, [failed(world, Misconfigured("20003"))])

    module = world.modules.get("pigeon")
    assert module is not None
    assert module.pause == a_pause(by=PausedBy.PERSON, reason="a storm", code="")


def test_a_module_that_cannot_be_paused_costs_no_outcome(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pause(*_: object) -> bool:
        raise ConnectionError("no answer")

    monkeypatch.setattr(world.modules, "pause", pause)
    end = failed(world, Misconfigured("20003"))

    assert save_outcomes(world.ports, world.module, [end]).settled == [end.after]


def test_after_an_end_the_next_notification_finds_the_address_dead(world: World) -> None:
    first, second = stored(world), stored(world)
    world.provider.answers[ADDRESS] = [DEAD]
    handed(world, first)

    handed(world, second)

    assert len(world.provider.seen) == 1
    ends: list[Notification] = [world.stored(each) for each in (first, second)]
    assert [each.status for each in ends] == [Status.INACTIVE_DEVICE] * 2
    assert [each.last_error.code for each in ends if each.last_error] == [
        "21211",
        "record-inactive",
    ]
