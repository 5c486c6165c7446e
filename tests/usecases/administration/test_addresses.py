"""Administering targets and users' addresses in them."""

from dataclasses import replace
from typing import Any

import pytest

from notification_core.domain.errors import (
    InvalidInput,
    NameTaken,
    NotFound,
    RecordExists,
    TargetInUse,
    UnknownModule,
    UnknownTarget,
)
from notification_core.domain.failures import InvalidAddress
from notification_core.usecases.administration import addresses
from tests.builders import NOON, World, a_module


def test_a_target_is_added_for_a_deployed_handler(world: World) -> None:
    world.watch.forward(seconds=1)

    target = addresses.add_target(world.ports, name="Loft", module_name="pigeon")

    assert (target.name, target.notification_module_name) == ("Loft", "pigeon")
    assert target.created_at == target.updated_at == world.watch()
    assert addresses.get_target(world.ports, target.id) == target


def test_a_target_without_a_handler_is_refused_and_the_handlers_are_listed(world: World) -> None:
    world.modules.put(a_module(name="crow"))

    with pytest.raises(UnknownModule, match="'dodo' is deployed; deployed are: crow, pigeon"):
        addresses.add_target(world.ports, name="Loft", module_name="dodo")
    with pytest.raises(UnknownModule):
        addresses.change_target(world.ports, world.target.id, notification_module_name="dodo")
    assert world.targets.all() == [world.target]


def test_a_targets_name_is_taken_once(world: World) -> None:
    loft = addresses.add_target(world.ports, name="Loft", module_name="pigeon")

    with pytest.raises(NameTaken):
        addresses.add_target(world.ports, name="Pigeon", module_name="pigeon")
    with pytest.raises(NameTaken):
        addresses.change_target(world.ports, loft.id, name="Pigeon")


def test_a_target_is_changed_in_what_is_named(world: World) -> None:
    world.modules.put(a_module(name="crow"))
    world.watch.forward(seconds=1)

    renamed = addresses.change_target(world.ports, world.target.id, name="Loft")
    moved = addresses.change_target(world.ports, world.target.id, notification_module_name="crow")

    assert (renamed.name, renamed.notification_module_name) == ("Loft", "pigeon")
    assert (moved.name, moved.notification_module_name) == ("Loft", "crow")
    assert (moved.created_at, moved.updated_at) == (NOON, world.watch())


def test_a_target_with_records_stays(world: World) -> None:
    with pytest.raises(TargetInUse):
        addresses.remove_target(world.ports, world.target.id)
    addresses.remove_record(world.ports, world.record.id)

    addresses.remove_target(world.ports, world.target.id)

    assert world.targets.all() == []


@pytest.mark.parametrize(
    "act",
    [
        lambda ports: addresses.get_target(ports, "nowhere"),
        lambda ports: addresses.change_target(ports, "nowhere", name="Loft"),
        lambda ports: addresses.remove_target(ports, "nowhere"),
        lambda ports: addresses.get_record(ports, "nowhere"),
        lambda ports: addresses.change_record(ports, "nowhere", active=False),
    ],
)
def test_an_unknown_target_or_record_is_not_found(world: World, act: Any) -> None:
    with pytest.raises(NotFound, match="nowhere"):
        act(world.ports)


@pytest.mark.parametrize("by", ["name", "id"])
def test_a_record_is_added_by_its_targets_name_or_id(world: World, by: str) -> None:
    record = addresses.add_record(
        world.ports,
        user="spam",
        target=getattr(world.target, by),
        target_user_id="456",
        description="the coop",
    )

    assert (record.user, record.target, record.target_user_id) == ("spam", world.target.id, "456")
    assert (record.description, record.active, record.created_at) == ("the coop", True, NOON)
    assert addresses.get_record(world.ports, record.id) == record


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"target": "Dodo"}, UnknownTarget),
        ({"target_user_id": "coop"}, InvalidInput),
        ({"target_user_id": ""}, InvalidInput),
        ({"user": " "}, InvalidInput),
        ({"user": "u" * 129}, InvalidInput),
        ({"description": "d" * 1025}, InvalidInput),
        ({"user": "eggs", "target_user_id": "123"}, RecordExists),
    ],
)
def test_a_record_that_cannot_be_is_refused(
    world: World, changes: dict[str, Any], error: type[Exception]
) -> None:
    asked = {"user": "spam", "target": "Pigeon", "target_user_id": "456"} | changes

    with pytest.raises(error):
        addresses.add_record(world.ports, **asked)
    assert set(world.records.stored) == {world.record.id}


def test_a_record_of_a_target_whose_handler_was_removed_is_refused(world: World) -> None:
    world.modules.remove("pigeon")

    with pytest.raises(UnknownModule):
        addresses.add_record(world.ports, user="spam", target="Pigeon", target_user_id="456")


def test_a_record_is_changed_in_what_is_named(world: World) -> None:
    world.watch.forward(seconds=1)

    off = addresses.change_record(world.ports, world.record.id, active=False)
    moved = addresses.change_record(
        world.ports, world.record.id, target_user_id="456", description="the coop"
    )

    assert (off.active, off.target_user_id, off.updated_at) == (False, "123", world.watch())
    assert (moved.active, moved.target_user_id, moved.description) == (False, "456", "the coop")
    assert world.records.stored == {world.record.id: moved}


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"target_user_id": "coop"}, InvalidInput),
        ({"description": "d" * 1025}, InvalidInput),
        ({"target_user_id": "789"}, RecordExists),
    ],
)
def test_a_change_that_cannot_be_is_refused(
    world: World, changes: dict[str, Any], error: type[Exception]
) -> None:
    world.add_record(target_user_id="789")

    with pytest.raises(error):
        addresses.change_record(world.ports, world.record.id, **changes)
    assert world.records.stored[world.record.id] == world.record


@pytest.mark.parametrize("changes", [{"active": True}, {"target_user_id": "456"}])
def test_a_record_that_is_renewed_forgets_its_strikes_and_why_it_was_off(
    world: World, changes: dict[str, Any]
) -> None:
    struck = replace(world.record, strikes=4).deactivated(InvalidAddress("21211"), NOON)
    world.records.stored[struck.id] = struck
    world.watch.forward(seconds=1)

    after = addresses.change_record(world.ports, struck.id, **changes)

    assert (after.strikes, after.deactivation, after.updated_at) == (0, None, world.watch())
    assert after.active is changes.get("active", False)


@pytest.mark.parametrize("changes", [{"active": False}, {"description": "the coop"}])
def test_any_other_change_leaves_them(world: World, changes: dict[str, Any]) -> None:
    struck = replace(world.record, strikes=4).deactivated(InvalidAddress("21211"), NOON)
    world.records.stored[struck.id] = struck

    after = addresses.change_record(world.ports, struck.id, **changes)

    assert (after.strikes, after.deactivation) == (4, struck.deactivation)


def test_a_removed_record_is_not_found(world: World) -> None:
    addresses.remove_record(world.ports, world.record.id)

    with pytest.raises(NotFound):
        addresses.get_record(world.ports, world.record.id)
