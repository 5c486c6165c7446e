"""Targets and modules may be as of some seconds ago; nothing is refused because of that."""

from dataclasses import dataclass, replace

import pytest

from notification_core.domain.addresses import Target
from notification_core.domain.errors import UnknownTarget
from notification_core.domain.modules import Module
from notification_core.ports import ModuleStore, Ports, TargetStore
from notification_core.usecases.sending.schedule import schedule
from tests.builders import World, a_draft, a_module, a_record, a_target


@dataclass
class Outdated:
    """A store whose recent content is that of another moment; counts the reads of all."""

    store: TargetStore | ModuleStore
    kept: list[Target] | list[Module]
    reads: int = 0

    def recent(self) -> list[Target] | list[Module]:
        """What it was."""
        return self.kept

    def all(self) -> list[Target] | list[Module]:
        """What it is."""
        self.reads += 1
        return self.store.all()


def outdated(world: World) -> Ports:
    """Ports whose recent targets and modules are those of this moment, for ever."""
    targets = Outdated(world.targets, world.targets.all())
    modules = Outdated(world.modules, world.modules.all())
    return replace(world.ports, targets=targets, modules=modules)  # type: ignore[arg-type]


def reads(ports: Ports) -> list[int]:
    """How often all targets and all modules were read."""
    return [ports.targets.reads, ports.modules.reads]  # type: ignore[attr-defined]


def test_known_targets_are_not_read_again(world: World) -> None:
    ports = outdated(world)

    assert schedule(ports, "caller", a_draft(targets=["Pigeon"])).created
    assert schedule(ports, "caller", a_draft(target_user_record=world.record.id)).created
    assert reads(ports) == [0, 0]


def test_an_address_in_a_target_of_a_moment_ago_is_sent_to(world: World) -> None:
    ports = outdated(world)
    world.modules.put(a_module(name="crow", target_name="Crow"))
    crow = a_target(name="Crow", notification_module_name="crow")
    world.targets.add(crow)
    record = a_record(user="spam", target=crow.id)
    world.records.add(record)

    by_user = schedule(ports, "caller", a_draft(user="spam"))
    by_record = schedule(ports, "caller", a_draft(target_user_record=record.id))

    assert [each.module for each in by_user.notifications + by_record.notifications] == ["crow"] * 2


def test_a_targets_new_name_holds_at_once(world: World) -> None:
    ports = outdated(world)
    world.targets.replace(world.target, replace(world.target, name="Dove"))

    assert schedule(ports, "caller", a_draft(targets=["Dove"])).created


def test_a_target_that_does_not_exist_is_refused(world: World) -> None:
    with pytest.raises(UnknownTarget):
        schedule(outdated(world), "caller", a_draft(targets=["Dodo"]))


def test_a_module_that_was_deployed_a_moment_ago_is_known(world: World) -> None:
    world.modules.remove("pigeon")
    ports = outdated(world)
    world.modules.put(world.module)

    assert schedule(ports, "caller", a_draft()).created


def test_a_channel_of_a_moment_ago_may_be_named(world: World) -> None:
    ports = outdated(world)
    world.modules.put(a_module(name="crow"))

    draft = a_draft(content={"crow": {"body": "for the crow"}})

    assert schedule(ports, "caller", draft).created
    assert reads(ports) == [0, 1]
