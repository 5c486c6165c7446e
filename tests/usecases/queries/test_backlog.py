"""What waits for each module is counted, and no further than it may."""

from dataclasses import replace
from datetime import timedelta

from notification_core.adapters.memory.stores import MemoryQueues
from notification_core.domain.clock import to_epoch_ms
from notification_core.domain.due import QueueCounts, WakeUp
from notification_core.usecases.queries import backlog
from notification_core.usecases.queries.backlog import Backlog, backlogs
from tests.builders import NOON, World, a_module, a_target
from tests.usecases.steps import stored


def only(world: World) -> Backlog:
    """Return the backlog of the world's one module."""
    [found] = backlogs(world.ports)
    return found


def test_where_nothing_waits_nothing_is_overdue(world: World) -> None:
    found = only(world)

    assert (found.name, found.module, found.targets) == ("pigeon", world.module, [world.target])
    assert found.queue == QueueCounts(queued=0, in_flight=0, dead_letters=0)
    assert (found.overdue, found.is_minimum, found.oldest_due) == (0, False, None)


def test_notifications_due_now_or_before_are_overdue_and_later_ones_are_not(world: World) -> None:
    for minutes in (-90, -5, 0, 1, 600):
        stored(world, scheduled_delivery=NOON + timedelta(minutes=minutes))

    found = only(world)

    assert (found.overdue, found.is_minimum) == (3, False)
    assert found.oldest_due == NOON - timedelta(minutes=90)


def test_an_incomplete_count_is_a_minimum(world: World) -> None:
    limit = backlog.COUNT_AT_MOST
    shards = world.ports.due_shards
    overdue = {f"pigeon#{n}": limit + 5 if n == 0 else 3 for n in range(shards)}

    class Many:
        """A store with so many overdue in each shard, in pages of 700."""

        def due(self, shard: str, _after: WakeUp, until: int, size: int) -> object:
            assert until == to_epoch_ms(NOON)
            assert size == limit
            entries = [WakeUp(n, str(n)) for n in range(1, overdue[shard] + 1)]
            return iter([entries[at : at + 700] for at in range(0, len(entries), 700)])

    ports = replace(world.ports, notifications=Many())  # type: ignore[arg-type]
    [found] = backlogs(ports)

    assert (found.overdue, found.is_minimum) == (limit + 3 * (shards - 1), True)
    assert found.oldest_due is not None
    assert to_epoch_ms(found.oldest_due) == 1


def test_the_queue_counts_its_waiting_messages(world: World) -> None:
    world.queues.send("pigeon", [(WakeUp(1, "a"), 0), (WakeUp(2, "b"), 900)])

    assert only(world).queue == QueueCounts(queued=2, in_flight=0, dead_letters=0)


def test_a_target_whose_handler_was_removed_is_reported_with_its_backlog(world: World) -> None:
    class Queues(MemoryQueues):
        """Queues of what is deployed."""

        def counts(self, module: str) -> QueueCounts | None:
            return None if module == "dove" else super().counts(module)

    world.targets.add(a_target(name="Dove", notification_module_name="dove"))
    stored(world, module="dove")

    dove, pigeon = backlogs(replace(world.ports, queues=Queues()))

    assert (dove.name, dove.module, dove.queue, dove.overdue) == ("dove", None, None, 1)
    assert [each.name for each in dove.targets] == ["Dove"]
    assert pigeon.overdue == 0


def test_modules_come_by_name_and_without_a_target_too(world: World) -> None:
    world.modules.put(a_module(name="albatross"))

    assert [(each.name, len(each.targets)) for each in backlogs(world.ports)] == [
        ("albatross", 0),
        ("pigeon", 1),
    ]
