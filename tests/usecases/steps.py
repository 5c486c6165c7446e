"""What the use cases' tests do again and again."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from notification_core.adapters.memory.notifications import MemoryNotifications
from notification_core.domain.due import WakeUp
from notification_core.domain.failures import RetryLater
from notification_core.domain.jobs import Job, JobKind, JobState
from notification_core.domain.notification import Notification
from notification_core.domain.transitions import Transition
from notification_core.ports import Ports
from notification_core.usecases.administration.jobs import work
from notification_core.usecases.consent import opt_out_job
from notification_core.usecases.sending.batch_result import DeliveryBatchResult
from notification_core.usecases.sending.deliver import deliver
from notification_core.usecases.sending.dispatch import ShardDispatchResult, dispatch
from notification_core.usecases.sending.enqueue import wake_up_for
from tests.builders import SHARDS, World, a_claim, a_notification


def stored(world: World, **changes: Any) -> Notification:
    """Store a notification for the world's own address."""
    values = {"target_user_record": world.record.id, "target": world.target.id}
    notification = a_notification(**values | changes)
    assert world.notifications.create([notification]) == [None]
    return notification


def claimed(world: World, notification: Notification) -> Notification:
    """Claim it as another consumer would."""
    now = world.watch()
    [result] = world.notifications.claim(
        [wake_up_for(notification)], a_claim(now, "other"), now, "pigeon"
    )
    assert isinstance(result, Notification)
    return result


def put_back(world: World, notification: Notification, **by: float) -> Notification:
    """Claim it and put it back for later, as after a failed attempt."""
    before = claimed(world, notification)
    now = world.watch()
    world.watch.forward(**by)
    after = before.retried(now, RetryLater("503"), world.watch())
    world.watch.now = now
    world.notifications.stored[after.id] = after
    return after


def handed(
    world: World, *notifications: Notification | WakeUp, ports: Ports | None = None
) -> DeliveryBatchResult:
    """Hand the consumer a batch of messages."""
    batch = [each if isinstance(each, WakeUp) else wake_up_for(each) for each in notifications]
    return deliver(ports or world.ports, "pigeon", batch, world.provider)


def tick(world: World, *, ports: Ports | None = None) -> list[ShardDispatchResult]:
    """Let the dispatcher run, with all the time it wants."""
    return dispatch(ports or world.ports, lambda: False)


def messages(world: World, module: str = "pigeon") -> dict[str, int]:
    """Take what is on the queue: each notification's id and its delay in seconds."""
    taken = world.queues.sent.pop(module, [])
    assert len(taken) == len({wake_up for wake_up, _ in taken}), "a message came twice"
    return {wake_up.id: delay for wake_up, delay in taken}


def consumed(world: World, module: str = "pigeon") -> dict[str, int]:
    """Take what is on the queue and be done with it."""
    taken = messages(world, module)
    for notification_id in taken:
        del world.notifications.stored[notification_id]
    return taken


def with_module(world: World, **changes: Any) -> None:
    """Deploy the world's module in another form."""
    world.modules.put(replace(world.module, **changes))


def jobs_done(world: World, *, ports: Ports | None = None) -> list[Job]:
    """Work on every job as the queue hands it over, until each has ended; returns them."""
    steps = {JobKind.OPT_OUT: opt_out_job.step}
    for _ in range(1000):
        running = [each for each in world.jobs.stored.values() if each.state is JobState.RUNNING]
        if not running:
            return [*world.jobs.stored.values()]
        for job in running:
            work(ports or world.ports, job.id, steps, lambda: False)
        world.watch.forward(seconds=world.queues.job_delays[-1])
    raise AssertionError("a job never ended")


class Racing(MemoryNotifications):
    """Something else happens between the read and the write."""

    def __init__(self, world: World, happens: Callable[[], object], times: int) -> None:
        super().__init__(SHARDS, world.records)
        self.stored = world.notifications.stored
        self.happens, self.times = happens, times

    def advance(self, transitions: Sequence[Transition]) -> list[bool | Exception]:
        if self.times:
            self.times -= 1
            self.happens()
        return super().advance(transitions)


def racing(world: World, happens: Callable[[], object], times: int = 1) -> Ports:
    """The ports, where something else happens."""
    return replace(world.ports, notifications=Racing(world, happens, times))
