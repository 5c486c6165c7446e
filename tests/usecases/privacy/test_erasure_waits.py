"""What an erasure waits for, that it waits long enough, and how often it is put on its queue."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from notification_core.adapters.memory.notifications import MemoryNotifications
from notification_core.domain.jobs import Job, JobKind, JobState
from notification_core.domain.notification import Notification
from notification_core.domain.paging import Page
from notification_core.domain.status import Status
from notification_core.domain.timing import LEASE, REQUEST_TIME_LIMIT
from notification_core.usecases.administration.jobs import get_job, work
from notification_core.usecases.privacy.erasure import SETTLED, erase, step
from tests.builders import ASKED, SHARDS, World, a_notification, a_record
from tests.usecases.steps import claimed, handed, stored, with_module

#: Lambda ends a chain of about 16 calls by way of a queue (AWS Lambda Developer Guide, "Use Lambda
#: recursive loop detection to prevent infinite loops"); an erasure stays far from that.
FEW = 5

#: What happens so many seconds after the erasure was asked for.
Events = Mapping[float, Callable[[], object]]


def erased(world: World, user: str = "eggs", events: Events | None = None) -> Job:
    """Erase somebody, each message coming when its delay is over, while other things happen."""
    began, waiting = world.watch(), dict(events or {})
    job = erase(world.ports, user)
    for _ in range(50):
        work(world.ports, job.id, {JobKind.ERASURE: step}, lambda: False)
        current = get_job(world.ports, job.id)
        if current.state is not JobState.RUNNING:
            assert not waiting, "it ended before all that was to happen"
            return current
        comes = world.watch() + timedelta(seconds=world.queues.job_delays[-1])
        for seconds in sorted(waiting):
            if (moment := began + timedelta(seconds=seconds)) < comes:
                world.watch.now = moment
                waiting.pop(seconds)()
        world.watch.now = comes
    raise AssertionError("it never ended")


def hops(world: World, job: Job) -> int:
    """How often the job's message was put on the queue."""
    return world.queues.jobs.count(job.id)


def orphaned(world: World) -> Notification:
    """A notification whose consumer was killed while it sent it."""
    return claimed(world, stored(world))


def awaited(world: World, *, look_in: float) -> Notification:
    """A notification that a provider took, about which it is asked in so many seconds."""
    with_module(world, confirmation=ASKED)
    sent = stored(world)
    handed(world, sent)
    assert world.stored(sent).status is Status.SENT
    due_at = world.watch() + timedelta(seconds=look_in)
    world.notifications.stored[sent.id] = replace(world.stored(sent), due_at=due_at)
    return sent


def test_with_nothing_in_hand_it_is_put_on_the_queue_twice(world: World) -> None:
    stored(world)

    assert hops(world, erased(world)) == 2


def test_a_dead_consumer_is_waited_for_in_few_hops(world: World) -> None:
    began = world.watch()
    orphaned(world)

    done = erased(world)

    assert hops(world, done) <= FEW
    assert done.counts["notifications"] == 1
    assert LEASE < world.watch() - began < LEASE + timedelta(seconds=5)


@pytest.mark.parametrize("look_in", [0, 30, 600])
def test_an_awaited_report_is_waited_for_in_few_hops(world: World, look_in: float) -> None:
    awaited(world, look_in=look_in)
    began = world.watch()

    done = erased(world)

    assert hops(world, done) <= FEW
    assert done.counts["notifications"] == 1
    assert SETTLED <= world.watch() - began < SETTLED + timedelta(seconds=5)


def test_both_are_waited_for_in_few_hops(world: World) -> None:
    awaited(world, look_in=600)
    awaited(world, look_in=0)
    orphaned(world)
    began = world.watch()

    done = erased(world)

    assert hops(world, done) <= FEW
    assert done.counts["notifications"] == 3
    assert world.watch() - began > LEASE


def test_a_consumer_that_ends_soon_does_not_hold_the_erasure_for_its_whole_lease(
    world: World,
) -> None:
    sending = orphaned(world)
    began = world.watch()

    def ends() -> None:
        ended = sending.delivered(world.watch(), None, "accepted")
        world.notifications.stored[sending.id] = ended

    erased(world, events={0.2: ends})

    assert world.watch() - began < LEASE


def test_a_request_that_was_under_way_is_waited_for_though_nothing_was_found(world: World) -> None:
    """The user has no address any more: the first pass finds nothing."""
    late = REQUEST_TIME_LIMIT.total_seconds()

    done = erased(world, "nobody", {late: lambda: stored(world, user="nobody")})

    assert done.counts == {"notifications": 1}
    assert world.notifications.stored == {}


def test_an_address_that_is_added_after_a_pass_restarts_the_wait(world: World) -> None:
    """A request that had read the ledger before the no stores it; another one reads that."""
    late = REQUEST_TIME_LIMIT.total_seconds()
    comes = SETTLED.total_seconds() - 1
    record = a_record(target=world.target.id, target_user_id="789")

    done = erased(
        world,
        events={
            comes: lambda: world.records.add(record),
            SETTLED.total_seconds() + late: lambda: stored(world),
        },
    )

    assert done.counts == {"records": 2, "notifications": 1}
    assert world.notifications.stored == {}


class Lagging(MemoryNotifications):
    """A store whose index by user shows what is new so much later."""

    def __init__(self, world: World, lag: timedelta) -> None:
        super().__init__(SHARDS, world.records)
        self.watch, self.lag = world.watch, lag
        self.shown_at = dict[str, object]()

    def create(self, notifications: Sequence[Notification]) -> list[Notification | None]:
        self.shown_at |= {each.id: self.watch() + self.lag for each in notifications}
        return super().create(notifications)

    def list_by_user(self, user: str, limit: int, after: str | None = None) -> Page[Notification]:
        page = super().list_by_user(user, limit, after)
        now = self.watch()
        return replace(page, items=[each for each in page.items if self.shown_at[each.id] <= now])  # type: ignore[operator]


def test_a_notification_that_the_index_shows_late_is_erased_too(world: World) -> None:
    store = Lagging(world, timedelta(seconds=30))
    world.notifications = store
    world.ports = replace(world.ports, notifications=store)
    late = REQUEST_TIME_LIMIT.total_seconds()

    done = erased(world, events={late: lambda: store.create([a_notification()])})

    assert done.counts == {"records": 1, "notifications": 1}
    assert store.stored == {}
