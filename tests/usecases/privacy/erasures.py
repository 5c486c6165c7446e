"""Erasure jobs, worked on to their end, and what is left of a person."""

from collections.abc import Callable
from typing import Any

from notification_core.domain.jobs import Job, JobKind, JobState
from notification_core.usecases.administration.addresses import add_record
from notification_core.usecases.administration.jobs import get_job, work
from notification_core.usecases.privacy.erasure import erase, step
from tests.builders import World

STEPS = {JobKind.ERASURE: step}


Between = Callable[[], object]


def worked(world: World, job: Job, between: Between = lambda: None) -> Job:
    """Work on a job as the queue hands it over, and do something between its rounds."""
    for _ in range(50):
        stands = work(world.ports, job.id, STEPS, lambda: False)
        assert stands is not None
        if (current := get_job(world.ports, job.id)).state is not JobState.RUNNING:
            return current
        between()
        world.watch.forward(seconds=world.queues.job_delays[-1])
    raise AssertionError("it never ended")


def erased(world: World, user: str = "eggs", between: Between = lambda: None) -> Job:
    """Erase somebody."""
    return worked(world, erase(world.ports, user), between)


def left_of(world: World, user: str = "eggs") -> list[object]:
    """What holds a user's id, wherever it lies."""
    places: list[Any] = [
        world.records.stored,
        world.user_settings.stored,
        world.notifications.stored,
        world.opt_outs.stored,
        world.suppressions.stored,
        world.jobs.stored,
        world.queues.sent,
        world.evidence.kept,
    ]
    return [each for place in places for each in place.items() if user in str(each)]


def register(world: World) -> None:
    """Register an address."""
    add_record(world.ports, user="eggs", target=world.target.id, target_user_id="789")
