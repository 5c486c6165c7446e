"""Two requests that register the same address at the same time find one record."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from notification_core.adapters.memory.stores import MemoryRecords
from notification_core.domain.addresses import TargetUserRecord
from notification_core.domain.errors import NoActiveRecords, NotificationError, Unavailable
from notification_core.ports import Ports
from notification_core.usecases.sending.draft import Recipient
from notification_core.usecases.sending.schedule import ScheduleResult, schedule, schedule_all
from tests.builders import World, a_draft, a_record

TO = [Recipient("Pigeon", "7"), Recipient("Pigeon", "8")]


class Raced(MemoryRecords):
    """Records that another process adds to just before ours."""

    def __init__(
        self, world: World, other: TargetUserRecord, *, then_removed: bool = False
    ) -> None:
        super().__init__(world.targets)
        self.other, self.then_removed = other, then_removed

    def add_all(self, records: Sequence[TargetUserRecord]) -> list[NotificationError | None]:
        """Add them after the other process."""
        self.stored[self.other.id] = self.other
        errors = super().add_all(records)
        if self.then_removed:
            del self.stored[self.other.id]
        return errors


def raced(world: World, *, then_removed: bool = False, active: bool = True) -> Ports:
    """Ports in which another process registers 7 at the same time."""
    other = a_record(user="7", target=world.target.id, target_user_id="7", active=active)
    return replace(world.ports, records=Raced(world, other, then_removed=then_removed))


def test_the_notification_is_for_the_record_of_the_faster_request(world: World) -> None:
    ports = raced(world)

    result = schedule(ports, "caller", a_draft(user=None, to=TO, idempotency_key="key"))

    [seven] = ports.records.list_by_user("7")
    [eight] = ports.records.list_by_user("8")
    assert [n.target_user_record for n in result.notifications] == [seven.id, eight.id]
    assert world.notifications.stored.keys() == {n.id for n in result.notifications}
    lead = result.notifications[0]
    assert lead.origin is not None
    assert lead.origin.sibling_records == (eight.id,)


def test_a_record_that_the_faster_request_registered_as_inactive_is_refused(world: World) -> None:
    with pytest.raises(NoActiveRecords):
        schedule(raced(world, active=False), "caller", a_draft(user=None, to=TO))
    assert world.notifications.stored == {}


def test_an_address_that_is_removed_at_the_same_moment_is_to_be_tried_again(world: World) -> None:
    ports = raced(world, then_removed=True)
    other = a_draft(user=None, to=[Recipient("Pigeon", "9")])

    failed, sent = schedule_all(ports, "caller", [a_draft(user=None, to=TO), other])

    assert isinstance(failed, Unavailable)
    assert isinstance(sent, ScheduleResult)
    assert [n.user for n in world.notifications.stored.values()] == ["9"]
