"""A person pauses a target, and sends through it again."""

from collections.abc import Callable

import pytest

from notification_core.domain.addresses import Target
from notification_core.domain.errors import NotFound, UnknownModule
from notification_core.domain.modules import Pause, PausedBy
from notification_core.ports import Ports
from notification_core.usecases.administration.pause import (
    DEFAULT_REASON,
    pause_target,
    resume_target,
)
from tests.builders import NOON, World, a_pause, a_target
from tests.usecases.steps import handed, messages, stored, tick


def pause_of(world: World) -> Pause | None:
    """Return the module's pause."""
    module = world.modules.get("pigeon")
    assert module is not None
    return module.pause


def test_a_pause_has_its_author_its_reason_and_its_start(world: World) -> None:
    assert pause_target(world.ports, world.target.id, "a storm") == world.target

    assert pause_of(world) == Pause(by=PausedBy.PERSON, reason="a storm", since=NOON)


def test_a_pause_without_a_reason_has_one_all_the_same(world: World) -> None:
    pause_target(world.ports, world.target.id)

    pause = pause_of(world)
    assert pause is not None
    assert pause.reason == DEFAULT_REASON


def test_pausing_twice_changes_nothing(world: World) -> None:
    pause_target(world.ports, world.target.id, "a storm")
    world.watch.forward(hours=1)

    pause_target(world.ports, world.target.id, "a hawk")

    assert pause_of(world) == Pause(by=PausedBy.PERSON, reason="a storm", since=NOON)


def test_a_persons_pause_takes_the_place_of_a_faults(world: World) -> None:
    world.modules.pause("pigeon", a_pause())

    pause_target(world.ports, world.target.id, "a storm")

    pause = pause_of(world)
    assert pause is not None
    assert (pause.by, pause.code) == (PausedBy.PERSON, "")


@pytest.mark.parametrize("by", list(PausedBy))
def test_a_person_resumes_every_pause_and_all_waiting_notifications_are_sent(
    world: World, by: PausedBy
) -> None:
    waited = stored(world)
    tick(world)
    messages(world)
    world.modules.pause("pigeon", a_pause(by=by))
    world.watch.forward(days=1)

    assert resume_target(world.ports, world.target.id) == world.target
    tick(world)

    assert pause_of(world) is None
    assert set(messages(world)) == {waited.id}
    handed(world, waited)
    assert [each.id for each in world.provider.seen] == [waited.id]


def test_resuming_what_is_not_paused_changes_nothing(world: World) -> None:
    stored(world)
    tick(world)
    before = world.modules.progress()["pigeon"].cursors

    resume_target(world.ports, world.target.id)

    assert pause_of(world) is None
    assert world.modules.progress()["pigeon"].cursors == before


@pytest.mark.parametrize("act", [pause_target, resume_target])
def test_there_must_be_such_a_target_and_a_handler_behind_it(
    world: World, act: Callable[[Ports, str], Target]
) -> None:
    orphan = a_target(name="Dodo", notification_module_name="dodo")
    world.targets.add(orphan)

    with pytest.raises(NotFound, match="nowhere"):
        act(world.ports, "nowhere")
    with pytest.raises(UnknownModule, match="dodo"):
        act(world.ports, orphan.id)
