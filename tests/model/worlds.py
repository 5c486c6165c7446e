"""The system under the model: its ports in memory, or the real ones in the emulator.

Both begin with the same ids, so that an example runs the same way each time.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any
from unittest.mock import patch
from uuid import UUID

from notification_core.adapters.dynamodb.fast.notifications import DynamoNotifications
from notification_core.adapters.dynamodb.models import NotificationItem, OptOutItem
from notification_core.adapters.memory.contents import MemoryContents
from notification_core.adapters.memory.notifications import MemoryNotifications
from notification_core.adapters.memory.stores import MemoryEvidence, MemoryJobs
from notification_core.adapters.memory.templates import MemoryTemplates
from notification_core.domain.due import Progress, QueueCounts, WakeUp
from notification_core.domain.modules import Module
from notification_core.domain.user_settings import UserSettings
from notification_core.ports import Ports
from tests.at_once import AtOnce
from tests.builders import World, a_module, a_record, a_target
from tests.emulator import RETENTION
from tests.model.consumers import CONTAINERS, wired
from tests.model.stepper import sleeper
from tests.model.templates import publish

USER = "model"
MODULE = "model"
#: A module that is deployed beside it, with no target: its queue holds what went astray.
OTHER_MODULE = "other"
TARGET = str(UUID(int=1))
#: Partitions of the due index at first, and how many a deployment may have at most.
SHARDS, MOST_SHARDS = 2, 4
RECORDS = [str(UUID(int=2)), str(UUID(int=3))]
ADDRESSES = ["1000", "1001"]
WEEK = 7 * 24 * 3600


class Queue:
    """The queues, of one module; the machine takes messages from it as it likes."""

    def __init__(self) -> None:
        self.messages: list[WakeUp] = []
        self.jobs: list[str] = []
        self.others = 0  #: messages that are nothing to the model, and make the queue deep
        self.in_progress = 0  #: messages that consumers have
        self.delays: dict[WakeUp, int] = {}  #: with which each was sent the last time

    def send(self, _module: str, wake_ups: Sequence[tuple[WakeUp, int]]) -> bool:
        self.messages += [wake_up for wake_up, _ in wake_ups]
        self.delays |= dict(wake_ups)
        return True

    def in_flight(self, _module: str) -> int:
        return self.in_progress

    def enqueue_job(self, job_id: str, _delay: int = 0) -> bool:
        self.jobs.append(job_id)
        return True

    def depth(self, _module: str) -> int:
        return len(self.messages) + self.others

    def counts(self, _module: str) -> QueueCounts:
        return QueueCounts(queued=len(self.messages), in_flight=0, dead_letters=0)


class OneModule:
    """A module store in which only the model's module is deployed; others' tests have theirs."""

    def __init__(self, modules: Any) -> None:
        self._modules = modules

    def __getattr__(self, method: str) -> Any:
        return getattr(self._modules, method)

    def all(self) -> list[Module]:
        """Return the model's module."""
        return [each for each in self._modules.all() if each.name == MODULE]

    def deployed(self) -> list[tuple[Module, Progress]]:
        """Return the model's module, and how far it has come."""
        return [each for each in self._modules.deployed() if each[0].name == MODULE]


#: Gives the ports of a world that is empty, until it is left.
MakeWorld = Callable[[], AbstractContextManager[Ports]]


@contextmanager
def in_memory() -> Iterator[Ports]:
    """Return the ports in memory."""
    world = World()
    notifications = MemoryNotifications(MOST_SHARDS, world.records)
    modules = OneModule(world.modules)
    yield replace(
        world.ports,
        notifications=notifications,
        modules=modules,
        due_shards=MOST_SHARDS,
        containers=CONTAINERS,
    )


def in_the_emulator(aws: Ports) -> MakeWorld:
    """Return the ports over the emulator's tables; what the model leaves there is removed."""

    @contextmanager
    def make() -> Iterator[Ports]:
        watch = World().watch
        ports = replace(
            aws,
            notifications=DynamoNotifications(client_of(aws), SHARDS, RETENTION),
            due_shards=MOST_SHARDS,
            containers=CONTAINERS,
            modules=OneModule(aws.modules),
            clock=watch,
            sleep=sleeper(watch),
            contents=MemoryContents(),
            templates=MemoryTemplates(),
            jobs=MemoryJobs(),
            evidence=MemoryEvidence(),
        )
        try:
            yield ports
        finally:
            _wipe(aws)

    return make


def client_of(aws: Any) -> Any:
    """Return the DynamoDB client that these ports write with."""
    return aws.notifications._client


def _wipe(aws: Ports) -> None:
    ids, after = list[str](), None
    while True:
        page = aws.notifications.list_by_user(USER, 100, after)
        ids, after = ids + [each.id for each in page.items], page.next
        if after is None:
            break
    for notification_id in ids:
        NotificationItem(notification_id).delete()
    for record in aws.records.list_by_user(USER):
        aws.records.remove(record)
    OptOutItem(USER).delete()
    aws.user_settings.put(UserSettings(user=USER))
    for target in aws.targets.all():
        if target.id == TARGET:
            aws.targets.remove(target)
    aws.modules.remove(MODULE)
    aws.modules.remove(OTHER_MODULE)


def furnish(ports: Ports, **module: Any) -> tuple[Ports, Module, Queue]:
    """Deploy the module, with a target of it and a user with two addresses there."""
    deployed = a_module(**{"name": MODULE, "target_name": "Model"} | module)
    queue = Queue()
    ports = replace(ports, queues=queue)
    ports.modules.put(deployed)
    ports.modules.put(replace(deployed, name=OTHER_MODULE))
    publish(ports)
    ports.targets.add(a_target(id=TARGET, name="Model", notification_module_name=MODULE))
    for record, address in zip(RECORDS, ADDRESSES, strict=True):
        ports.records.add(a_record(id=record, user=USER, target=TARGET, target_user_id=address))
    return ports, deployed, queue


@contextmanager
def made_predictable() -> Iterator[None]:
    """Nothing is left to chance: no threads of a use case's own, no random ids."""
    numbers = count(100)

    def next_id() -> UUID:
        return UUID(int=next(numbers))

    patches: Mapping[str, Any] = {
        "notification_core.usecases.sending.preflight.ThreadPoolExecutor": AtOnce,
        "notification_core.usecases.sending.dispatch.ThreadPoolExecutor": AtOnce,
        "notification_core.usecases.sending.deliver.ThreadPoolExecutor": AtOnce,
        "notification_core.usecases.sending.claims.uuid4": next_id,
        "notification_core.usecases.administration.jobs.uuid4": next_id,
        "notification_core.usecases.administration.addresses.uuid4": next_id,
        "notification_core.usecases.sending.draft.uuid4": next_id,
        "notification_core.usecases.sending.polls.uuid4": next_id,
        "notification_core.domain.retry.JITTER": 0.0,
        # Few notifications are many: of more than four a job ends what an opt-out covers.
        "notification_core.usecases.consent.opt_out.MAX_PAGES": 3,
        "notification_core.usecases.consent.opt_out.PAGE": 2,
        "notification_core.usecases.consent.opt_out_job.PAGE": 2,
        "notification_core.usecases.consent.opt_out_job.FIRST_LOOK": 2,
        # It asks less often, so that a wait for the end of its patience takes fewer steps.
        "notification_core.usecases.consent.opt_out.PAUSE": timedelta(seconds=3),
    }
    with ExitStack() as stack:
        logging.disable()  # faults are what this is about
        stack.callback(logging.disable, logging.NOTSET)
        for name, value in patches.items():
            stack.enter_context(patch(name, value))
        stack.enter_context(wired())
        yield
