"""A record whose target was removed under it keeps no other record from being written to."""

import pytest

from notification_core.domain.errors import NoActiveRecords, OptedOut, UnknownTarget
from notification_core.usecases.administration.addresses import remove_record
from notification_core.usecases.sending.schedule import schedule
from tests.builders import World, a_draft, a_record, a_target, an_opt_out


@pytest.fixture
def orphan(world: World) -> str:
    """A record of a target that has gone."""
    record = a_record(target=a_target().id, target_user_id="456")
    world.records.stored[record.id] = record
    return record.id


@pytest.mark.parametrize("targets", [None, ["Pigeon"]])
def test_the_other_addresses_of_the_user_are_written_to(
    world: World, orphan: str, targets: list[str] | None
) -> None:
    made = schedule(world.ports, "caller", a_draft(targets=targets)).notifications

    assert [each.target_user_record for each in made] == [world.record.id]
    assert orphan in world.records.stored


def test_the_error_for_a_user_without_other_records_names_the_record_to_remove(
    world: World, orphan: str
) -> None:
    remove_record(world.ports, world.record.id)

    with pytest.raises(NoActiveRecords, match=f"{orphan} were removed; remove the records"):
        schedule(world.ports, "caller", a_draft())


def test_an_opt_out_of_everything_is_reported_first(world: World, orphan: str) -> None:
    del orphan
    remove_record(world.ports, world.record.id)
    world.opt_outs.put(an_opt_out())

    with pytest.raises(OptedOut):
        schedule(world.ports, "caller", a_draft())


def test_the_record_itself_is_refused_with_what_to_do(world: World, orphan: str) -> None:
    with pytest.raises(UnknownTarget, match=f"{orphan} was removed; remove the record"):
        schedule(world.ports, "caller", a_draft(target_user_record=orphan))


def test_the_record_can_be_removed(world: World, orphan: str) -> None:
    remove_record(world.ports, orphan)

    assert orphan not in world.records.stored
