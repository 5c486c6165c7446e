"""Registering many addresses: each has its own result, and a repeated batch is safe."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from notification_core.adapters.memory.stores import MemoryRecords
from notification_core.domain.addresses import TargetUserRecord
from notification_core.domain.consent import ConsentSource
from notification_core.domain.consent_scopes import EVERYTHING
from notification_core.domain.errors import (
    BeingErased,
    InvalidInput,
    NotificationError,
    Unavailable,
    UnknownModule,
    UnknownTarget,
)
from notification_core.ports import Ports
from notification_core.usecases.administration.registration import (
    NewAddress,
    Registration,
    register_all,
)
from notification_core.usecases.consent.opt_out import get_opt_out
from notification_core.usecases.consent.suppression import suppress
from tests.builders import World, a_record, a_target, an_entry, an_opt_out


def an_address(user: str = "ann", address: str = "456", **changes: Any) -> NewAddress:
    """A request to register a number."""
    values = {"user": user, "target": "Pigeon", "target_user_id": address}
    return NewAddress(**values | changes)


def registered(result: Registration | NotificationError) -> Registration:
    """A result that is not an error."""
    assert isinstance(result, Registration)
    return result


def test_each_address_gets_a_record(world: World) -> None:
    results = register_all(
        world.ports,
        [an_address("ann", "1"), an_address("bob", "2", description="mobile", active=False)],
    )

    first, second = (registered(result).record for result in results)
    assert all(registered(result).created for result in results)
    assert (first.user, first.target, first.target_user_id) == ("ann", world.target.id, "1")
    assert (second.description, second.active) == ("mobile", False)
    assert world.records.stored.keys() == {world.record.id, first.id, second.id}


def test_a_repeated_batch_returns_the_same_records_unchanged(world: World) -> None:
    batch = [an_address("ann", "1"), an_address("bob", "2")]
    first = register_all(world.ports, batch)

    second = register_all(world.ports, [replace(item, description="new") for item in batch])

    assert [registered(result).record for result in second] == [
        registered(result).record for result in first
    ]
    assert [registered(result).created for result in second] == [False, False]


def test_an_address_that_is_named_twice_is_created_once(world: World) -> None:
    first, second = register_all(world.ports, [an_address(), an_address(target=world.target.id)])

    assert registered(first).record == registered(second).record
    assert (registered(first).created, registered(second).created) == (True, False)


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (an_address(target="Dodo"), UnknownTarget),
        (an_address(address="not a number"), InvalidInput),
        (an_address(user=" "), InvalidInput),
        (an_address(target="Orphan"), UnknownModule),
    ],
)
def test_an_invalid_item_does_not_affect_the_others(
    world: World, bad: NewAddress, error: type[Exception]
) -> None:
    world.targets.add(a_target(name="Orphan", notification_module_name="extinct"))

    first, middle, last = register_all(
        world.ports, [an_address("ann", "1"), bad, an_address("bob", "2")]
    )

    assert isinstance(middle, error)
    assert registered(first).created
    assert registered(last).created


def test_a_user_who_is_being_erased_gets_no_address(world: World) -> None:
    entry = an_entry(source=ConsentSource.ERASURE)
    world.opt_outs.put(replace(an_opt_out(user="ann"), entries=(entry,)))

    refused, accepted = register_all(world.ports, [an_address("ann", "1"), an_address("bob", "2")])

    assert isinstance(refused, BeingErased)
    assert registered(accepted).created
    assert world.records.list_by_user("ann") == []


def test_the_opt_out_of_an_erased_person_is_copied_before(world: World) -> None:
    suppress(world.ports, an_opt_out(user="gone"), ["1"], "job")

    register_all(world.ports, [an_address("ann", "1"), an_address("bob", "2")])

    assert get_opt_out(world.ports, "ann").scopes == {EVERYTHING}
    assert world.opt_outs.get(["bob"]) == {}


@dataclass
class Raced(MemoryRecords):
    """Records of which another process adds, or removes, one just before ours."""

    world: World
    other: TargetUserRecord
    removes: bool = False
    targets: Any = field(init=False)

    def __post_init__(self) -> None:
        super().__init__(self.world.targets)

    def add_all(self, records: Any) -> list[NotificationError | None]:
        """Add them after the other process."""
        self.stored[self.other.id] = self.other
        errors = super().add_all(records)
        if self.removes:
            del self.stored[self.other.id]
        return errors


def raced(world: World, *, removes: bool) -> tuple[Ports, TargetUserRecord]:
    """Ports in which another process registers the same address at the same time."""
    other = a_record(user="ann", target=world.target.id, target_user_id="456")
    return replace(world.ports, records=Raced(world, other, removes)), other


def test_of_two_processes_both_get_the_record_of_the_first(world: World) -> None:
    ports, other = raced(world, removes=False)

    [result] = register_all(ports, [an_address()])

    assert registered(result) == Registration(other, created=False)


def test_an_address_that_was_removed_at_the_same_moment_is_to_be_tried_again(
    world: World,
) -> None:
    ports, _ = raced(world, removes=True)

    [result] = register_all(ports, [an_address()])

    assert isinstance(result, Unavailable)
