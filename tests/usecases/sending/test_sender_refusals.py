"""Several recipients' servers refuse our sender: the target is paused until a person resumes it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from notification_core.adapters.memory.modules import MemoryModules
from notification_core.domain.delivery import Accepted, DeliveryReport
from notification_core.domain.failures import Misconfigured
from notification_core.domain.modules import Pause, PausedBy
from notification_core.domain.notification import Notification
from notification_core.domain.sender_refusals import Refusals
from notification_core.domain.status import Status
from notification_core.ports import Ports
from notification_core.usecases.sending.confirm import handle_report
from tests.builders import TELLING, World
from tests.usecases.steps import handed, stored, tick, with_module

GMAIL, OUTLOOK = "eggs@gmail.com", "eggs@outlook.com"


def refusal() -> Misconfigured:
    """What a bounce says whose row has `pause_after`."""
    return Misconfigured("5.7.26", "550-5.7.26 unauthenticated", pause_after=3)


def refused(world: World, *addresses: str, ports: Ports | None = None) -> list[Notification]:
    """Let the provider take one for each address, and report that it was refused there."""
    with_module(world, confirmation=TELLING)
    notifications = []
    for place, address in enumerate(addresses):
        notification = stored(world, scheduled_delivery=world.watch())
        message_id = f"{address} {place} {world.watch()}"
        world.provider.answers["123"] = [Accepted(message_id)]
        handed(world, notification)
        heard = DeliveryReport(
            notification_id=notification.id, provider_message_id=message_id, content=refusal()
        )
        for _ in range(3):  # it may be told again
            handle_report(ports or world.ports, heard, address)
        notifications.append(world.stored(notification))
        world.watch.forward(seconds=1)
    return notifications


def pause_of(world: World) -> Pause | None:
    """How the world's module stands."""
    module = world.modules.get("pigeon")
    assert module is not None
    return module.pause


@pytest.mark.parametrize("addresses", [[GMAIL], [GMAIL, OUTLOOK], [GMAIL] * 20])
def test_a_single_one_or_those_of_one_domain_fail_only_their_own_notifications(
    world: World, addresses: list[str]
) -> None:
    failed = refused(world, *addresses)

    assert {each.status for each in failed} == {Status.DELIVERY_FAILURE}
    assert pause_of(world) is None
    record = world.records.stored[world.record.id]
    assert (record.active, record.strikes) == (True, 0)


def test_three_from_two_domains_pause_the_target_until_a_person_resumes_it(world: World) -> None:
    failed = refused(world, GMAIL, OUTLOOK, GMAIL)

    pause = pause_of(world)
    assert pause is not None
    assert (pause.by, pause.code) == (PausedBy.REPORTS, "5.7.26")
    assert "refuse our sender: 550-5.7.26" in pause.reason
    assert {each.status for each in failed} == {Status.DELIVERY_FAILURE}
    assert world.records.stored[world.record.id].active

    waiting = stored(world, scheduled_delivery=world.watch())
    for _ in range(5):  # the provider would take a probe
        assert [each.paused for each in tick(world)] == [True], "the alarm rings"
        handed(world, waiting)
        world.watch.forward(minutes=1)
    assert world.stored(waiting).status is Status.SCHEDULED
    world.modules.resume("pigeon")
    handed(world, waiting)
    assert world.stored(waiting).status is Status.SENT


def test_after_a_pause_the_count_starts_again(world: World) -> None:
    refused(world, GMAIL, OUTLOOK, GMAIL)
    world.modules.resume("pigeon")

    refused(world, GMAIL, OUTLOOK)
    assert pause_of(world) is None
    refused(world, GMAIL)
    assert pause_of(world) is not None


def test_refusals_that_are_days_apart_have_nothing_to_do_with_each_other(world: World) -> None:
    for address in (GMAIL, OUTLOOK, GMAIL, OUTLOOK):
        refused(world, address)
        world.watch.forward(hours=13)

    assert pause_of(world) is None


class Racing(MemoryModules):
    """Others add refusals of theirs in between, so many times."""

    times: int

    def __init__(self, modules: MemoryModules, times: int) -> None:
        self.__dict__ = modules.__dict__ | {"times": times}

    def replace_sender_refusals(self, name: str, before: Refusals, after: Refusals) -> bool:
        if self.times:
            self.times -= 1
            return False
        return super().replace_sender_refusals(name, before, after)


def test_a_refusal_that_is_counted_beside_others_is_read_again(world: World) -> None:
    ports = replace(world.ports, modules=Racing(world.modules, 3))

    refused(world, GMAIL, OUTLOOK, GMAIL, ports=ports)

    assert pause_of(world) is not None


class Broken(Racing):
    """The store does not answer."""

    def sender_refusals(self, name: str) -> Refusals:
        raise ConnectionError(name)


@pytest.mark.parametrize(
    "broken", [lambda modules: Racing(modules, 99), lambda modules: Broken(modules, 0)]
)
def test_a_report_is_stored_whether_or_not_it_could_be_counted(
    world: World, broken: Callable[[MemoryModules], MemoryModules]
) -> None:
    [failed] = refused(world, GMAIL, ports=replace(world.ports, modules=broken(world.modules)))

    assert failed.status is Status.DELIVERY_FAILURE
    assert world.watch.now - failed.updated_at < timedelta(minutes=1)
