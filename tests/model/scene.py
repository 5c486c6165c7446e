"""The scene: one module with one user in a world, and whoever is at work there."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from notification_core.domain.delivery import ReportContent
from notification_core.domain.due import WakeUp
from notification_core.domain.errors import NotificationError
from notification_core.domain.jobs import Job
from notification_core.domain.modules import Confirmation
from notification_core.domain.notification import Notification
from notification_core.ports import Ports
from notification_core.usecases.sending.enqueue import wake_up_for
from tests.model import invariants
from tests.model.choices import API_LIMIT, END, LIMITS, SKEWS
from tests.model.consumers import CONTAINERS, Container
from tests.model.faults import Faults, Injected, faulty
from tests.model.lagging_index import Index, LaggingIndex
from tests.model.ledger import Ledger, Violated
from tests.model.provider import Call
from tests.model.stepper import Actor
from tests.model.worlds import MODULE, OTHER_MODULE, SHARDS, MakeWorld, furnish, made_predictable


class Scene:
    """Begins use cases over ports that fail, and hears what comes of them.

    Args:
        world: what it all runs over.
        policy: the module's `on_unknown`.
        poll_after: seconds until its provider is asked; 0 where it tells by itself, None where
            nobody confirms.
        names_attempts: whether the provider's reports say which attempt they are of.
        precision: the module's.
        per_second: how many sends the provider allows; None: any number.
        lag: seconds until an index shows a write; None where the world's own index is read.
        fewest: how many notifications share a poll at least.
    """

    def __init__(
        self,
        world: MakeWorld,
        policy: str,
        poll_after: int | None,
        *,
        names_attempts: bool,
        precision: str = "second",
        per_second: float | None = None,
        lag: float | None = 0,
        fewest: int = 3,
    ) -> None:
        self._stack = ExitStack()
        self._stack.enter_context(patch("notification_core.usecases.sending.polls.FEWEST", fewest))
        ports = self._stack.enter_context(world())
        self.watch: Any = ports.clock
        confirms = Confirmation(poll_after=poll_after or None, give_up_after=600)
        self.real, self.module, self.queue = furnish(
            ports,
            on_unknown=policy,
            confirmation=None if poll_after is None else confirms,
            mandatory_categories=frozenset({"security"}),
            retry_time_interval=30,
            precision=precision,
            max_per_second=per_second,
        )
        self._stack.enter_context(made_predictable())
        self.ledger = Ledger(self.real, self.module)
        self.provider = self.ledger.provider
        self.faults = Faults(self.ledger)
        self.index: Index | None = None
        if lag is not None:
            self.index = Index(self.real.notifications, self.watch, timedelta(seconds=lag))
        self.deploy(SHARDS)
        self.containers = {
            name: [
                Container(name, self.provider, self.faults, self.watch, asks=bool(poll_after))
                for _ in range(CONTAINERS)
            ]
            for name in (MODULE, OTHER_MODULE)
        }
        self.actors: list[Actor] = []
        self.untold: list[tuple[Call, ReportContent]] = []  # what a provider has to say again
        self.names_attempts = names_attempts

    def deploy(self, shards: int) -> None:
        """Deploy anew, with so many partitions of the due index; what runs already runs on."""
        ports = replace(self.real, due_shards=shards)
        if self.index is not None:
            lagging: Any = LaggingIndex(self.real.notifications, self.index, shards)
            ports = replace(ports, notifications=lagging)
        self.ports: Ports = faulty(ports, self.watch, self.faults)

    def close(self) -> None:
        """End what is under way, and leave the world."""
        for actor in self.actors:
            while actor.alive:
                actor.kill()
        self._stack.close()

    def start(
        self,
        kind: str,
        work: Callable[[], object],
        then: Callable[[Actor], object] = lambda _: None,
        *,
        until: str | None = END,
        skew: timedelta = SKEWS[0],
        about: Any = None,
    ) -> Actor:
        """Begin a use case, and let it go on to a place, if one is named. Raises Violated."""
        limit = LIMITS.get(kind, API_LIMIT)
        actor = Actor(kind, work, self.watch, skew, limit, then, about)
        self.actors.append(actor)
        return actor if until is None else self.let(actor, until)

    def let(self, actor: Actor, until: str) -> Actor:
        """Let one go on to a place. Raises Violated."""
        actor.go_on(until)
        self.tidy()
        return actor

    def tidy(self) -> None:
        """End what has lived too long, and hear what has ended. Raises Violated."""
        for actor in [*self.actors]:
            if actor.alive and actor.is_overdue:
                actor.kill()
            if not actor.alive:
                self.actors.remove(actor)
                if not isinstance(actor.error, Injected | NotificationError | None):
                    raise Violated(f"the {actor.kind} broke down") from actor.error
                actor.then(actor)
        self.provider.answer = None
        self.ledger.raise_violations()

    def look_for_losses(self) -> None:
        """Look whether anything is lost, where anything has changed. Raises Violated."""
        if self.ledger.moved:
            self.ledger.moved = False
            self.ledger.violations += invariants.of_the_index(self.ledger)
            self.ledger.raise_violations()

    @property
    def notifications(self) -> list[Notification]:
        """All that were stored, as they stand."""
        return [*self.ledger.standing.values()]

    @property
    def jobs(self) -> list[Job]:
        """All jobs that must end, as they stand: nobody asks for that of an opt-out again."""
        begun = self.ledger.jobs.union(*self.ledger.opt_out_jobs.values())
        found = [self.real.jobs.get(each) for each in sorted(begun)]
        return [each for each in found if each is not None]

    @property
    def messages(self) -> list[WakeUp]:
        """Every message that may still come, of earlier turns and of those that stand."""
        owed = {wake_up_for(each) for each in self.notifications if not each.is_final}
        owed |= {wake_up_for(each) for each in self.ledger.polls.values()}
        return [*sorted(self.ledger.enqueued - owed), *sorted(owed)]
