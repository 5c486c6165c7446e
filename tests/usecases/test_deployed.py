"""The targets and modules of a deployment, by id and by name."""

from notification_core.usecases.deployed import read_deployed
from tests.builders import World, a_module, a_target


def test_nothing_is_read_if_nothing_is_wanted(world: World) -> None:
    assert read_deployed(world.ports, set()) == ({}, {})


def test_a_wanted_name_or_id_returns_every_target_and_module(world: World) -> None:
    other = a_target(name="Crow", notification_module_name="crow")
    world.targets.add(other)
    world.modules.put(a_module(name="crow"))

    for wanted in ("Crow", other.id, "unknown"):
        targets, modules = read_deployed(world.ports, {wanted})

        assert targets == {world.target.id: world.target, other.id: other}
        assert modules.keys() == {"pigeon", "crow"}
