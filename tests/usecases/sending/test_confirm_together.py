"""Confirmations of one batch are recorded together, and whatever is not as simple by itself."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from notification_core.adapters.memory.notifications import MemoryNotifications
from notification_core.domain.delivery import (
    Accepted,
    Complained,
    Confirmed,
    DeliveryReport,
    ReportContent,
)
from notification_core.domain.failures import OutcomeUnknown, Rejected
from notification_core.domain.notification import Notification
from notification_core.domain.status import Status
from notification_core.domain.transitions import Transition
from notification_core.usecases.sending.confirm import handle_report, handle_reports
from tests.builders import TELLING, World
from tests.usecases.sending import confirmations
from tests.usecases.sending.confirmations import ADDRESS
from tests.usecases.steps import claimed, handed, racing, stored, with_module


class Counting(MemoryNotifications):
    """Counts what is asked of it."""

    reads = 0
    writes = 0

    def get(self, ids: Sequence[str]) -> list[Notification | None]:
        self.reads += 1
        return super().get(ids)

    def advance(self, transitions: Sequence[Transition]) -> list[bool | Exception]:
        self.writes += 1
        return super().advance(transitions)


def of(
    notification: Notification, news: ReportContent, message_id: str = "SM1"
) -> tuple[DeliveryReport, str]:
    return confirmations.a_report(notification, news, message_id, attempt=1), ADDRESS


@pytest.fixture
def sent(world: World) -> list[Notification]:
    """Three that the provider took and has not confirmed."""
    with_module(world, confirmation=TELLING)
    world.provider.answers[ADDRESS] = [Accepted("SM1")] * 3
    waiting = [stored(world) for _ in range(3)]
    for each in waiting:
        handed(world, each)
    return [world.stored(each) for each in waiting]


def counting(world: World) -> Counting:
    counted = Counting(world.ports.due_shards, world.records)
    counted.stored = world.notifications.stored
    world.ports = replace(world.ports, notifications=counted)
    return counted


def test_confirmations_are_recorded_with_one_read_and_one_write(
    world: World, sent: list[Notification]
) -> None:
    counted = counting(world)

    done = handle_reports(world.ports, [of(each, Confirmed()) for each in sent])

    assert [known.status for _, known in done] == [Status.DELIVERED] * 3
    assert [world.stored(each).status for each in sent] == [Status.DELIVERED] * 3
    assert (counted.reads, counted.writes) == (1, 1)


def test_it_is_recorded_as_if_each_had_been_reported_by_itself(
    world: World, sent: list[Notification]
) -> None:
    [(_, together)] = handle_reports(world.ports, [of(sent[0], Confirmed())])
    alone = handle_report(world.ports, *of(sent[1], Confirmed()))

    assert alone is not None
    assert replace(together, id=alone.id) == alone


def test_other_reports_than_confirmations_are_left_out_of_the_batch(
    world: World, sent: list[Notification]
) -> None:
    reports = [of(sent[0], Rejected("552")), of(sent[1], Complained("Complaint"))]

    assert handle_reports(world.ports, [*reports, of(sent[2], Confirmed())]) == [
        (of(sent[2], Confirmed())[0], world.stored(sent[2]))
    ]
    assert [world.stored(each) for each in sent[:2]] == sent[:2]


def test_a_notification_with_two_reports_is_left_to_the_order_in_which_they_came(
    world: World, sent: list[Notification]
) -> None:
    reports = [of(sent[0], Rejected("552")), of(sent[0], Confirmed())]

    assert handle_reports(world.ports, reports) == []
    assert world.stored(sent[0]) == sent[0]


def test_a_notification_that_was_confirmed_before_is_left_out(
    world: World, sent: list[Notification]
) -> None:
    handle_report(world.ports, *of(sent[0], Confirmed()))
    before = world.stored(sent[0])
    world.watch.forward(hours=1)

    assert handle_reports(world.ports, [of(sent[0], Confirmed())]) == []
    assert world.stored(sent[0]) == before


def test_an_attempt_under_way_is_left_and_harms_no_other(
    world: World, sent: list[Notification]
) -> None:
    other = stored(world)
    world.provider.answers[ADDRESS] = [OutcomeUnknown("read-timeout")]
    handed(world, other)
    retry = world.stored(other)
    world.watch.forward(hours=1)
    claimed(world, retry)
    earlier = of(other, Confirmed())

    done = handle_reports(world.ports, [earlier, of(sent[0], Confirmed())])

    assert [known.id for _, known in done] == [sent[0].id]
    assert world.stored(other).status is Status.SENDING


def test_a_notification_that_changed_between_the_read_and_the_write_is_left_out(
    world: World, sent: list[Notification]
) -> None:
    def other() -> None:
        handle_report(world.ports, *of(sent[0], Complained("Complaint")))

    done = handle_reports(racing(world, other), [of(each, Confirmed()) for each in sent[:2]])

    assert [known.id for _, known in done] == [sent[1].id]


@pytest.mark.parametrize("notification_id", ["nowhere", "", "x" * 65])
def test_a_report_about_an_unknown_notification_is_left_out_of_the_batch(
    world: World, sent: list[Notification], notification_id: str
) -> None:
    strange = DeliveryReport(
        notification_id=notification_id, provider_message_id="SM1", content=Confirmed()
    )

    done = handle_reports(world.ports, [(strange, None), of(sent[0], Confirmed())])

    assert [known.id for _, known in done] == [sent[0].id]


def test_a_report_for_a_removed_module_is_left_out_of_the_batch(
    world: World, sent: list[Notification]
) -> None:
    world.modules.remove("pigeon")

    assert handle_reports(world.ports, [of(sent[0], Confirmed())]) == []
