"""A redrive whose store does not answer, or whose ids repeat: nothing is left out or doubled."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from notification_core.adapters.memory.notifications import MemoryNotifications
from notification_core.domain.attempt_policy import next_state
from notification_core.domain.failures import Rejected
from notification_core.domain.jobs import Job, JobKind
from notification_core.domain.notification import Notification
from notification_core.domain.status import Status
from notification_core.domain.transitions import Transition
from notification_core.ports import Ports
from notification_core.usecases.administration.jobs import get_job, work
from notification_core.usecases.sending.redrive import Redrive, redrive, step
from tests.builders import SHARDS, World
from tests.usecases.steps import claimed, messages, stored

MANY = 150


def failed(world: World) -> Notification:
    """A notification that its provider refused."""
    before = claimed(world, stored(world))
    after = next_state(before, Rejected("21617", "too long"), world.module, world.watch())
    assert world.notifications.advance([Transition(before, after)]) == [True]
    return after


def begun(world: World, ports: Ports, **asked: Any) -> Job:
    """Ask for a redrive of what has failed by now."""
    world.watch.forward(seconds=1)
    return redrive(ports, Redrive(**asked))


def worked(ports: Ports, job: Job) -> Job:
    """Work on it as its message has it."""
    work(ports, job.id, {JobKind.REDRIVE: step}, lambda: False)
    return get_job(ports, job.id)


class Throttled(MemoryNotifications):
    """Refuses some changes of the first request."""

    def __init__(self, world: World, refused: int) -> None:
        super().__init__(SHARDS, world.records)
        self.stored = world.notifications.stored
        self.refused = refused
        self.asked = list[str]()

    def advance(self, transitions: Sequence[Transition]) -> list[bool | Exception]:
        self.asked += [each.before.id for each in transitions]
        done, undone = transitions[self.refused :], transitions[: self.refused]
        self.refused = 0
        return [*(TimeoutError("ThrottlingError") for _ in undone), *super().advance(done)]


def test_a_step_that_the_store_did_not_answer_is_done_again(world: World) -> None:
    lost = [failed(world) for _ in range(MANY)]
    store = Throttled(world, 38)
    ports = replace(world.ports, notifications=store)
    job = begun(world, ports, target="Pigeon", max_per_second=9999.0)

    with pytest.raises(TimeoutError):
        worked(ports, job)
    assert get_job(ports, job.id).counts == {}
    done = worked(ports, job)

    assert {world.stored(each).status for each in lost} == {Status.RETRY}
    assert "moved" not in done.counts
    assert len(messages(world)) == MANY, "each has its message, and one"


def test_a_notification_that_was_redriven_before_the_store_failed_is_not_sent_twice(
    world: World,
) -> None:
    lost = [failed(world) for _ in range(4)]
    store = Throttled(world, 1)
    ports = replace(world.ports, notifications=store)
    job = begun(world, ports, ids=[each.id for each in lost])

    with pytest.raises(TimeoutError):
        worked(ports, job)
    done = worked(ports, job)

    assert done.counts == {"found": 4, "redriven": 4}
    assert [len(world.stored(each).timeline) for each in lost] == [4] * 4


def test_a_notification_that_failed_again_before_the_repeated_step_is_not_redriven_again(
    world: World,
) -> None:
    lost = [failed(world) for _ in range(2)]
    ports = replace(world.ports, notifications=Throttled(world, 1))
    job = begun(world, ports, ids=[each.id for each in lost])
    with pytest.raises(TimeoutError):
        worked(ports, job)
    sending = claimed(world, world.stored(lost[1]))
    again = next_state(sending, Rejected("21617", "too long"), world.module, world.watch())
    world.notifications.advance([Transition(sending, again)])

    done = worked(ports, job)

    assert done.counts == {"found": 2, "redriven": 2}
    assert [world.stored(each).status for each in lost] == [Status.RETRY, Status.DELIVERY_FAILURE]


def test_an_id_that_is_named_twice_is_meant_once(world: World) -> None:
    one, other = failed(world), failed(world)
    store = Throttled(world, 0)
    ports = replace(world.ports, notifications=store)

    job = begun(world, ports, ids=[one.id, other.id, one.id, "nobody", "nobody"])
    done = worked(ports, job)

    assert done.counts == {"found": 2, "redriven": 2, "unknown_id": 1}
    assert store.asked == [one.id, other.id]
