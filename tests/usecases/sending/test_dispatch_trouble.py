"""A tick in which something fails: no other thing fails with it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from notification_core.adapters.memory.notifications import MemoryNotifications
from notification_core.adapters.memory.stores import MemoryQueues
from notification_core.domain.due import DUE_PAGE, WakeUp, shard_of, shards_of
from tests.builders import SHARDS, World, a_module, a_notification
from tests.usecases.steps import messages, stored, tick


class Refusing(MemoryQueues):
    """Refuses the batch that holds one particular message, as often as it is told."""

    def __init__(self, bad: str) -> None:
        super().__init__()
        self.bad: str | None = bad

    def send(self, module: str, wake_ups: Sequence[tuple[WakeUp, int]]) -> bool:
        if any(wake_up.id == self.bad for wake_up, _ in wake_ups):
            return False
        return super().send(module, wake_ups)


def test_a_refused_message_leaves_its_shards_cursor_where_it_was(world: World) -> None:
    bad, *others = (stored(world) for _ in range(80))
    queues = Refusing(bad.id)
    ports = replace(world.ports, queues=queues)
    shard = shard_of("pigeon", bad.id, SHARDS)

    done = tick(world, ports=ports)

    assert [each.complete for each in done].count(False) == 1
    assert set(world.modules.progress()["pigeon"].cursors) == {*shards_of("pigeon", SHARDS)} - {
        shard
    }
    queues.bad = None
    queues.sent.clear()
    tick(world, ports=ports)
    there = {each.id for each in [bad, *others] if shard_of("pigeon", each.id, SHARDS) == shard}
    assert {wake_up.id for wake_up, _ in queues.sent["pigeon"]} == there


class Unreadable(MemoryNotifications):
    """A due index of which one shard does not answer."""

    def due(
        self, shard: str, after: WakeUp, until: int, size: int = DUE_PAGE
    ) -> Iterator[list[WakeUp]]:
        if shard == "pigeon#0":
            raise RuntimeError("throttled")
        return super().due(shard, after, until, size)


def test_a_shard_that_cannot_be_read_holds_no_other_up(world: World) -> None:
    world.modules.put(a_module(name="crow"))
    store = Unreadable(SHARDS, world.records)
    ours, theirs = ([a_notification(module=m) for _ in range(40)] for m in ("pigeon", "crow"))
    store.create(ours + theirs)

    done = tick(world, ports=replace(world.ports, notifications=store))

    assert {each.module for each in done if not each.complete} == {"pigeon"}
    assert set(messages(world, "crow")) == {each.id for each in theirs}
    elsewhere = {each.id for each in ours if shard_of("pigeon", each.id, SHARDS) != "pigeon#0"}
    assert set(messages(world)) == elsewhere
