"""A shard that was ever counted is read for good: a deployment rolled back from 8 shards to 4."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from notification_core.adapters.memory.notifications import MemoryNotifications
from notification_core.domain.attempt_policy import next_state
from notification_core.domain.due import WakeUp
from notification_core.domain.failures import Rejected
from notification_core.domain.jobs import JobKind
from notification_core.domain.notification import Notification
from notification_core.domain.status import Status
from notification_core.domain.transitions import Transition
from notification_core.ports import Ports
from notification_core.usecases.administration.jobs import get_job, work
from notification_core.usecases.administration.manifests import sync_targets
from notification_core.usecases.queries.backlog import backlogs
from notification_core.usecases.queries.listing import list_failures
from notification_core.usecases.queries.overdue import overdue_ages
from notification_core.usecases.sending import redrive as redriving
from notification_core.usecases.sending.dispatch import dispatch
from notification_core.usecases.sending.redrive import Redrive, redrive
from notification_core.usecases.sending.shards import shards_by_module
from tests.builders import World, a_pause, move_cursor
from tests.usecases.steps import claimed, messages, stored, tick

BEFORE, AFTER = 8, 4


@pytest.fixture
def world() -> World:
    """A world whose notifications lie in eight shards."""
    world = World()
    world.notifications = MemoryNotifications(BEFORE, world.records)
    world.ports = replace(world.ports, notifications=world.notifications, due_shards=BEFORE)
    return world


def rolled_back(world: World) -> Ports:
    """Deploy with four shards again; items keep the shards that they have."""
    world.ports = replace(world.ports, due_shards=AFTER)
    return world.ports


def ticked(world: World) -> None:
    tick(world)


def registered(world: World) -> None:
    sync_targets(world.ports, [world.module])


def named_by_cursors(world: World) -> None:
    """A version that noted no number of shards has dispatched."""
    for number in range(BEFORE):
        shard = f"pigeon#{number}"
        move_cursor(world.ports, "pigeon", shard, WakeUp(5, ""))


Happens = Callable[[World], None]


@pytest.mark.parametrize("happens", [ticked, registered, named_by_cursors])
def test_a_notification_in_a_former_shard_is_dispatched(world: World, happens: Happens) -> None:
    happens(world)
    waiting = {stored(world).id for _ in range(80)}

    tick(world, ports=rolled_back(world))

    assert set(messages(world)) == waiting


def test_also_when_a_pause_and_a_resumption_came_between(world: World) -> None:
    tick(world)
    waiting = {stored(world).id for _ in range(80)}
    ports = rolled_back(world)
    tick(world, ports=ports)
    messages(world)
    world.modules.pause("pigeon", a_pause())
    world.modules.resume("pigeon")

    tick(world, ports=ports)

    assert set(messages(world)) == waiting


def test_a_shard_named_only_by_a_cursor_is_remembered_before_a_resumption(world: World) -> None:
    named_by_cursors(world)
    ports = rolled_back(world)
    tick(world, ports=ports)
    world.modules.pause("pigeon", a_pause())
    world.modules.resume("pigeon")
    waiting = {stored(world).id for _ in range(80)}

    tick(world, ports=ports)

    assert set(messages(world)) == waiting


def test_a_probe_is_made_with_what_is_due_the_longest_in_any_of_them(world: World) -> None:
    tick(world)
    ports = rolled_back(world)
    waiting = {stored(world).id for _ in range(80)}
    world.modules.pause("pigeon", a_pause())

    tick(world, ports=ports)

    assert set(messages(world)) == waiting


def lone(world: World, number: int) -> Notification:
    """The only notification, in this shard."""
    while True:
        notification = stored(world)
        if notification.id in {each.id for each in of_shard(world, number)}:
            world.notifications.stored = {notification.id: notification}
            return notification


def of_shard(world: World, number: int) -> list[Notification]:
    """The notifications of a shard."""
    found = world.notifications._entries(f"pigeon#{number}")
    return [world.notifications.stored[each.id] for each in found]


def test_their_backlog_is_counted(world: World) -> None:
    tick(world)
    lone(world, BEFORE - 1)
    ports = rolled_back(world)
    world.watch.forward(minutes=5)

    assert overdue_ages(ports, shards_by_module(ports, ["pigeon"])) == {"pigeon": 300.0}
    [backlog] = backlogs(ports)
    assert (backlog.overdue, backlog.oldest_due) == (1, world.watch.now.replace(minute=0))


def test_failures_in_shards_are_listed_and_redriven(world: World) -> None:
    tick(world)
    before = claimed(world, lone(world, BEFORE - 1))
    after = next_state(before, Rejected("21617", "too long"), world.module, world.watch())
    assert world.notifications.advance([Transition(before, after)]) == [True]
    ports = rolled_back(world)
    world.watch.forward(seconds=1)

    page = list_failures(ports, "Pigeon", None, 10, None)
    assert [each.id for each in page.items] == [before.id]
    job = redrive(ports, Redrive(target="Pigeon"))
    work(ports, job.id, {JobKind.REDRIVE: redriving.step}, lambda: False)

    assert get_job(ports, job.id).counts == {"found": 1, "redriven": 1}
    assert world.stored(before).status is Status.RETRY


def test_a_tick_of_a_paused_module_remembers_them_too(world: World) -> None:
    world.modules.pause("pigeon", a_pause())
    dispatch(world.ports, lambda: False)
    ports = rolled_back(world)
    world.modules.resume("pigeon")
    waiting = {stored(world).id for _ in range(80)}

    tick(world, ports=ports)

    assert set(messages(world)) == waiting
