"""Work in the background: it goes on where it was, and ends once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from notification_core.adapters.memory.stores import MemoryQueues
from notification_core.domain.errors import NotFound, Unavailable
from notification_core.domain.jobs import STALLED, Job, JobKind, JobState
from notification_core.ports import Ports
from notification_core.usecases.administration.jobs import (
    get_job,
    give_up,
    leave,
    start_job,
    wake_stalled,
    with_read_cache,
    work,
)
from tests.builders import NOON, World

KIND = JobKind.REDRIVE


def begun(world: World) -> str:
    """Begin a job that has three steps to do."""
    return start_job(world.ports, KIND, {"steps": 3}).id


def step(ports: Ports, job: Job) -> Job:
    """Count one."""
    cursor = (job.cursor or 0) + 1
    last = cursor == job.parameters["steps"]
    now = ports.clock()
    return job.done(now, {"done": 1}) if last else job.advanced(now, cursor, {"done": 1})


def worked(world: World, job_id: str, rounds: int = 99, step: Callable[..., Job] = step) -> None:
    """Let a worker have a go at it, with time for so many steps."""
    left = iter(range(rounds))
    work(world.ports, job_id, {KIND: step}, lambda: next(left, None) is None)


class Deaf(MemoryQueues):
    """Accepts nothing."""

    def enqueue_job(self, job_id: str, delay: int = 0) -> bool:
        del job_id, delay
        return False


def test_a_job_is_put_on_the_queue_and_worked_through(world: World) -> None:
    job_id = begun(world)

    assert world.queues.jobs == [job_id]
    worked(world, job_id)
    done = get_job(world.ports, job_id)
    assert (done.state, done.counts) == (JobState.DONE, {"done": 3})


def test_a_job_that_runs_out_of_time_continues_with_another_message(world: World) -> None:
    job_id = begun(world)

    worked(world, job_id, rounds=2)
    assert get_job(world.ports, job_id).counts == {"done": 2}
    assert world.queues.jobs == [job_id, job_id]
    worked(world, job_id)
    assert get_job(world.ports, job_id).counts == {"done": 3}


def test_a_message_too_many_does_nothing(world: World) -> None:
    job_id = begun(world)
    worked(world, job_id)

    worked(world, job_id)
    worked(world, "nothing")

    assert get_job(world.ports, job_id).counts == {"done": 3}


def test_of_two_workers_one_stops(world: World) -> None:
    job_id = begun(world)

    def slow(ports: Ports, job: Job) -> Job:
        worked(world, job_id)  # the other one is faster
        return step(ports, job)

    worked(world, job_id, step=slow)

    assert get_job(world.ports, job_id).counts == {"done": 3}


def test_a_step_that_fails_leaves_the_job_where_it_was(world: World) -> None:
    job_id = begun(world)
    worked(world, job_id, rounds=1)

    def broken(_ports: Ports, _job: Job) -> Job:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        worked(world, job_id, step=broken)
    worked(world, job_id)

    assert get_job(world.ports, job_id).counts == {"done": 3}


def test_a_job_that_could_not_be_enqueued_was_not_started(world: World) -> None:
    ports = replace(world.ports, queues=Deaf())

    with pytest.raises(Unavailable):
        start_job(ports, KIND, {})

    [job] = world.jobs.stored.values()
    assert job.state is JobState.FAILED


def test_a_job_that_cannot_continue_is_handed_over_again(world: World) -> None:
    job_id = begun(world)

    with pytest.raises(Unavailable):
        work(replace(world.ports, queues=Deaf()), job_id, {KIND: step}, lambda: True)


def test_a_given_up_job_has_its_reason_and_does_no_more(world: World) -> None:
    job_id = begun(world)

    failed = give_up(world.ports, job_id, "cut off")
    worked(world, job_id)

    assert failed is not None
    assert (get_job(world.ports, job_id).state, failed.error) == (JobState.FAILED, "cut off")
    assert give_up(world.ports, job_id, "again") is None
    assert give_up(world.ports, "nothing", "") is None


def test_an_unknown_job_is_not_found(world: World) -> None:
    with pytest.raises(NotFound, match="nowhere"):
        get_job(world.ports, "nowhere")


def waiting_step(ports: Ports, job: Job) -> Job:
    """Begin the next one no earlier than in half a minute."""
    now = ports.clock()
    if job.cursor == "again":
        return job.done(now, {})
    return job.advanced(now, "again", {}, now + timedelta(seconds=29.5))


def test_a_job_that_has_to_wait_comes_back_at_its_time(world: World) -> None:
    job_id = begun(world)

    worked(world, job_id, step=waiting_step)
    assert world.queues.job_delays == [0, 30]
    worked(world, job_id, step=waiting_step)  # the message came twice
    assert get_job(world.ports, job_id).state is JobState.RUNNING
    world.watch.forward(seconds=30)
    worked(world, job_id, step=waiting_step)

    assert get_job(world.ports, job_id).state is JobState.DONE


def test_a_wait_is_at_most_the_longest_delay_of_a_queue(world: World) -> None:
    job_id = begun(world)

    def far(ports: Ports, job: Job) -> Job:
        return job.advanced(ports.clock(), 1, {}, ports.clock() + timedelta(days=1))

    worked(world, job_id, step=far)

    assert world.queues.job_delays == [0, 900]


def test_where_a_job_was_is_forgotten_when_it_is_given_up(world: World) -> None:
    job = start_job(world.ports, KIND, {}, cursor={"user": "eggs"})

    assert job.cursor == {"user": "eggs"}
    give_up(world.ports, job.id, "it was cut off")
    assert get_job(world.ports, job.id).cursor is None


def test_a_job_whose_message_was_lost_continues_when_it_is_read(world: World) -> None:
    job_id = begun(world)
    worked(world, job_id, rounds=1)
    world.queues.jobs.clear()

    world.watch.forward(seconds=STALLED.total_seconds())
    get_job(world.ports, job_id)
    assert world.queues.jobs == [], "somebody may be at it"

    world.watch.forward(seconds=1)
    for _ in range(2):
        assert get_job(world.ports, job_id).counts == {"done": 1}
    assert world.queues.jobs == [job_id], "once"

    worked(world, job_id)
    assert get_job(world.ports, job_id).state is JobState.DONE


def test_a_job_that_has_to_wait_or_has_ended_is_not_stalled(world: World) -> None:
    later = world.ports.clock() + STALLED * 2
    waits, ended = begun(world), begun(world)
    worked(world, waits, 1, lambda _, job: job.advanced(NOON, 1, {}, not_before=later))
    worked(world, ended)
    world.queues.jobs.clear()

    world.watch.forward(seconds=STALLED.total_seconds() * 2)
    for each in (waits, ended):
        get_job(world.ports, each)

    assert world.queues.jobs == []


def test_a_stalled_job_is_woken_without_a_request(world: World) -> None:
    job_id = begun(world)
    worked(world, job_id, rounds=1)
    world.queues.jobs.clear()

    world.watch.forward(seconds=STALLED.total_seconds())
    assert wake_stalled(world.ports) == [], "a worker may be on it"
    world.watch.forward(seconds=1)
    assert wake_stalled(world.ports) == [job_id]
    assert wake_stalled(world.ports) == [], "once"

    assert world.queues.jobs == [job_id]
    worked(world, job_id)
    assert get_job(world.ports, job_id).counts == {"done": 3}


def test_a_job_that_moved_since_the_index_was_read_is_not_woken(world: World) -> None:
    job_id = begun(world)
    world.queues.jobs.clear()
    world.watch.forward(seconds=STALLED.total_seconds() + 1)
    found = world.jobs.stalled(world.watch())
    worked(world, job_id)
    world.jobs.stalled = lambda now: [*found, "gone"] if now else []  # type: ignore[method-assign]

    assert wake_stalled(world.ports) == []
    assert world.queues.jobs == []


def test_a_job_whose_wake_up_the_queue_refused_is_woken_later(world: World) -> None:
    job_id = begun(world)
    world.watch.forward(seconds=STALLED.total_seconds() + 1)

    assert wake_stalled(replace(world.ports, queues=Deaf())) == []
    world.watch.forward(seconds=STALLED.total_seconds() + 1)
    assert wake_stalled(world.ports) == [job_id]


def test_a_job_that_was_left_stands_although_the_queue_does_not_take_it(world: World) -> None:
    job = leave(replace(world.ports, queues=Deaf()), KIND, {"steps": 3}, cursor=None, counts={})

    assert get_job(world.ports, job.id).state is JobState.RUNNING
    world.watch.forward(seconds=STALLED.total_seconds() + 1)
    assert wake_stalled(world.ports) == [job.id]
    worked(world, job.id)
    assert get_job(world.ports, job.id).counts == {"done": 3}


class Counting:
    """Counts what it is asked."""

    def __init__(self, store: object) -> None:
        self.store = store
        self.asked: list[str] = []

    def __getattr__(self, method: str) -> object:
        self.asked.append(method)
        return getattr(self.store, method)


def test_a_run_reads_targets_modules_and_shards_once(world: World) -> None:
    targets, modules = Counting(world.targets), Counting(world.modules)
    ports: Any = replace(world.ports, targets=targets, modules=modules)  # type: ignore[arg-type]

    once = with_read_cache(ports)

    for _ in range(3):
        assert once.targets.all() == world.targets.all()
        assert once.modules.all() == world.modules.all()
        assert once.modules.progress() == world.modules.progress()
        assert once.modules.get("pigeon") == world.module
    assert targets.asked == ["all"]
    assert sorted(modules.asked) == ["all", "get", "get", "get", "progress"]
