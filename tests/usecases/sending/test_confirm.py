"""Delivery reports: what was delivered in truth is stored, once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from notification_core.adapters.memory.stores import MemoryOptOuts
from notification_core.domain.consent import ConsentSource, OptOut
from notification_core.domain.consent_scopes import target_scope
from notification_core.domain.delivery import Accepted, Complained, Confirmed, DeliveryReport
from notification_core.domain.errors import Unavailable
from notification_core.domain.failures import InvalidAddress, OutcomeUnknown, Rejected, RetryLater
from notification_core.domain.modules import Module
from notification_core.domain.status import ConfirmationState, Status
from notification_core.domain.timeline import EventKind
from notification_core.usecases.sending.confirm import TRIES, handle_report
from notification_core.usecases.sending.deliver import deliver
from notification_core.usecases.sending.enqueue import wake_up_for
from tests.builders import NOON, TELLING, World, a_table
from tests.usecases.sending.confirmations import ADDRESS, a_report, sent
from tests.usecases.steps import (
    claimed,
    handed,
    jobs_done,
    messages,
    racing,
    stored,
    with_module,
)


def test_a_confirmed_notification_is_delivered(world: World) -> None:
    before = sent(world)
    world.watch.forward(seconds=9)

    after = handle_report(world.ports, a_report(before, Confirmed()))

    assert after == world.stored(before)
    assert after is not None
    assert (after.status, after.updated_at) == (Status.DELIVERED, world.watch())
    assert after.confirmation(world.watch.now) is ConfirmationState.RECEIVED


def test_a_report_that_comes_again_returns_what_stands_and_writes_nothing(world: World) -> None:
    before = sent(world)
    first = handle_report(world.ports, a_report(before, Confirmed()))
    world.watch.forward(hours=1)

    assert handle_report(world.ports, a_report(before, Confirmed())) == first
    assert world.stored(before) == first
    assert world.counters.added[before.target, "DELIVERED", ""] == 1


@pytest.mark.parametrize("notification_id", ["nowhere", "", "x" * 65, "é"])
def test_a_report_about_an_unknown_notification_is_ignored(
    world: World, notification_id: str
) -> None:
    heard = DeliveryReport(
        notification_id=notification_id, provider_message_id="SM1", content=Confirmed()
    )

    assert handle_report(world.ports, heard) is None


def test_a_report_for_a_removed_module_is_ignored(world: World) -> None:
    before = sent(world)
    world.modules.remove("pigeon")

    assert handle_report(world.ports, a_report(before, Confirmed())) is None


def test_an_address_that_is_reported_dead_is_switched_off(world: World) -> None:
    before = sent(world)

    after = handle_report(
        world.ports, a_report(before, InvalidAddress("30005", "unknown")), ADDRESS
    )

    assert after is not None
    assert after.status is Status.INACTIVE_DEVICE
    assert not world.records.stored[world.record.id].active


def test_an_address_that_is_reported_dead_and_was_corrected_meanwhile_stays_on(
    world: World,
) -> None:
    before = sent(world)
    world.records.replace(world.record, replace(world.record, target_user_id="456"))

    handle_report(world.ports, a_report(before, InvalidAddress("30005")), ADDRESS)

    assert world.records.stored[world.record.id].active


def test_a_transient_failure_is_tried_again_when_its_wait_is_over(world: World) -> None:
    before = sent(world, retry_time_interval=30)
    messages(world)

    after = handle_report(world.ports, a_report(before, RetryLater("30003")))

    assert after is not None
    assert after.status is Status.RETRY
    assert set(messages(world)) == {before.id}
    world.watch.forward(seconds=34)
    handed(world, after)
    assert [each.attempt for each in world.provider.seen] == [1, 2]


def test_a_complaint_is_an_opt_out_and_ends_what_waits(world: World) -> None:
    before, waiting = sent(world), stored(world, scheduled_delivery=NOON + timedelta(days=1))

    after = handle_report(world.ports, a_report(before, Complained("Complaint", "abuse")))

    assert after is not None
    assert (after.status, after.timeline[-1].event) == (Status.DELIVERED, EventKind.COMPLAINT)
    [entry] = world.opt_outs.stored["eggs"].entries
    assert (entry.source, entry.evidence) == (ConsentSource.COMPLAINT, "Complaint SM1")
    jobs_done(world)
    assert world.stored(waiting).status is Status.OPTED_OUT


@pytest.mark.parametrize(
    ("message_id", "status"),
    [("SM1", Status.DELIVERED), ("another", Status.DELIVERY_FAILURE)],
)
def test_a_complaint_counts_for_every_message_and_every_status(
    world: World, message_id: str, status: Status
) -> None:
    before = sent(world)
    handle_report(world.ports, a_report(before, Rejected("552")))

    after = handle_report(world.ports, a_report(before, Complained("Complaint"), message_id))

    assert after is not None
    assert after.status is status
    assert world.opt_outs.stored["eggs"].scopes == {target_scope(world.target.id)}


class Moody(MemoryOptOuts):
    """A ledger that does not answer, so many times."""

    times = 0

    def put(self, opt_out: OptOut) -> bool:
        if self.times:
            self.times -= 1
            raise ConnectionError("no answer")
        return super().put(opt_out)


def test_a_complaint_that_could_not_be_written_down_is_written_down_when_it_comes_again(
    world: World,
) -> None:
    before = sent(world)
    opt_outs = Moody()
    ports = replace(world.ports, opt_outs=opt_outs)
    opt_outs.times = TRIES
    with pytest.raises(Unavailable):
        handle_report(ports, a_report(before, Complained("Complaint")))

    handle_report(ports, a_report(before, Complained("Complaint")))

    assert opt_outs.stored["eggs"].active
    assert world.stored(before).status is Status.DELIVERED


def test_a_report_before_the_consumers_own_record_is_not_undone_by_it(world: World) -> None:
    with_module(world, confirmation=TELLING)
    notification = stored(world)

    def fast(deliveries: Sequence[object], _: Module) -> list[list[Accepted]]:
        handle_report(world.ports, a_report(notification, Confirmed(), attempt=1))
        return [[Accepted("SM1") for _ in deliveries]]

    done = deliver(world.ports, "pigeon", [wake_up_for(notification)], fast)

    assert (done.superseded, done.settled) == (1, [])
    after = world.stored(notification)
    assert (after.status, after.provider_message_id) == (Status.DELIVERED, "SM1")


def test_a_doubt_that_is_resolved_is_not_sent_again(world: World) -> None:
    with_module(world, confirmation=TELLING)
    notification = stored(world)
    world.provider.answers[ADDRESS] = [OutcomeUnknown("read-timeout")]
    handed(world, notification)
    retry = world.stored(notification)

    handle_report(world.ports, a_report(notification, Accepted("SM1")))
    world.watch.forward(hours=1)
    handed(world, retry)

    assert len(world.provider.seen) == 1
    assert world.stored(notification).status is Status.SENT


def test_of_two_reports_at_the_same_moment_the_second_sees_the_first(world: World) -> None:
    before = sent(world)

    def other() -> None:
        handle_report(world.ports, a_report(before, Confirmed()))

    after = handle_report(racing(world, other), a_report(before, Rejected("5.1.1", "returned")))

    assert after == world.stored(before)
    assert after is not None
    assert (after.status, after.timeline[-1].event) == (Status.DELIVERED, EventKind.RETURNED)


def test_a_record_that_a_bounce_deactivated_stays_so_when_the_delivery_is_reported_late(
    world: World,
) -> None:
    """As when the two are told in the order in which they happened."""
    before = sent(world)
    handle_report(world.ports, a_report(before, InvalidAddress("5.1.1")), ADDRESS)

    after = handle_report(world.ports, a_report(before, Confirmed()), ADDRESS)

    assert after is not None
    assert after.status is Status.DELIVERED
    assert not world.records.stored[world.record.id].active


def test_a_strike_is_taken_back_when_the_delivery_is_reported_late(world: World) -> None:
    before = sent(world)
    table = a_table(_552={"class": "recipient", "soft": True})
    with_module(world, confirmation=TELLING, errors=table)
    handle_report(world.ports, a_report(before, InvalidAddress("552", soft=True)), ADDRESS)
    assert world.records.stored[world.record.id].strikes == 1

    handle_report(world.ports, a_report(before, Confirmed()), ADDRESS)

    assert world.records.stored[world.record.id].strikes == 0


def test_a_report_about_a_notification_that_keeps_changing_has_to_come_again(world: World) -> None:
    before = sent(world)

    def move() -> None:
        current = world.stored(before)
        world.notifications.stored[before.id] = current.noted(NOON, EventKind.DELAYED, "busy")

    with pytest.raises(Unavailable):
        handle_report(racing(world, move, TRIES), a_report(before, Confirmed()))
    after = handle_report(racing(world, move, TRIES - 1), a_report(before, Confirmed()))
    assert after is not None
    assert after.status is Status.DELIVERED


def test_a_wait_for_a_provider_that_reports_by_itself_ends(world: World) -> None:
    before = sent(world)
    last_moment = NOON + timedelta(hours=1) - timedelta(milliseconds=1)

    assert before.confirmation(last_moment) is ConfirmationState.AWAITED
    assert before.confirmation(NOON + timedelta(hours=1)) is ConfirmationState.NONE
    world.watch.forward(hours=2)
    handle_report(world.ports, a_report(before, Confirmed()))
    assert world.stored(before).status is Status.DELIVERED


@pytest.mark.parametrize(("minutes", "status"), [(59, Status.RETRY), (60, Status.DELIVERY_FAILURE)])
def test_a_failure_is_tried_again_only_while_a_confirmation_is_awaited(
    world: World, minutes: int, status: Status
) -> None:
    before = sent(world)
    world.watch.forward(minutes=minutes)

    handle_report(world.ports, a_report(before, RetryLater("30008")))

    assert world.stored(before).status is status


def test_a_notification_that_an_earlier_version_left_in_the_index_is_given_up(world: World) -> None:
    """It wrote the end of the wait down, even for a provider that tells by itself."""
    with_module(world, confirmation=TELLING)
    before = claimed(world, stored(world)).sent(NOON, "SM1", NOON + timedelta(hours=1))
    world.notifications.stored[before.id] = before
    world.watch.forward(hours=1)

    handed(world, before)

    after = world.stored(before)
    assert (after.due_at, after.timeline[-1].event) == (None, EventKind.UNCONFIRMED)
