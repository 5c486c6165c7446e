"""A target is paused and resumed while a tick is running."""

from dataclasses import replace

from notification_core.adapters.memory.stores import MemoryQueues
from notification_core.domain.modules import PausedBy
from notification_core.domain.timing import SWEEP_GRACE
from notification_core.ports import Ports
from tests.builders import World, a_pause
from tests.usecases.steps import handed, messages, stored, tick


def resumed_under(world: World) -> Ports:
    """The ports of a tick under which, once it has enqueued, a person pauses and resumes."""
    sent = MemoryQueues.send

    class Queues(MemoryQueues):
        """Hands its messages to the consumer at once, which drops them: the target is paused."""

        def send(self, module: str, wake_ups: object) -> bool:
            world.modules.pause(module, a_pause(by=PausedBy.PERSON))
            accepted = sent(self, module, wake_ups)  # type: ignore[arg-type]
            dropped = handed(world, *(wake_up for wake_up, _ in self.sent.pop(module)))
            assert dropped.dropped == len(wake_ups)  # type: ignore[arg-type]
            world.modules.resume(module)
            return accepted

    return replace(world.ports, queues=Queues())


def test_a_notification_that_the_pause_dropped_is_enqueued_by_the_next_tick(world: World) -> None:
    waiting = {stored(world).id for _ in range(20)}
    tick(world, ports=resumed_under(world))
    assert world.modules.progress()["pigeon"].cursors == {}

    world.watch.forward(seconds=1)
    tick(world)

    assert set(messages(world)) == waiting


def test_also_where_it_had_been_resumed_before_and_not_dispatched_since(world: World) -> None:
    world.modules.pause("pigeon", a_pause())
    world.modules.resume("pigeon")
    waiting = {stored(world).id for _ in range(20)}
    tick(world, ports=resumed_under(world))

    world.watch.now += SWEEP_GRACE / 2  # too early for a sweep
    tick(world)

    assert set(messages(world)) == waiting
