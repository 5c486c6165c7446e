"""The consumers: the edge's own code, in containers that live longer than one batch.

A container has the pace, the deadline and the secrets of its function. Its threads are replaced by
the same work in order; its clock is its actor's.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from notification_core.adapters.sqs_queues import to_body
from notification_core.domain.delivery import Delivery, Outcome, PendingConfirmation, ReportContent
from notification_core.domain.due import WakeUp
from notification_core.domain.failures import OutcomeUnknown
from notification_core.entrypoints import consumer as edge
from notification_core.entrypoints.rate_limiter import RateLimiter
from notification_core.ports import Ports
from notification_core.runtime.settings import ConsumerSettings
from tests.at_once import AtOnce
from tests.builders import NOON
from tests.model.faults import Faults, Injected
from tests.model.provider import Provider
from tests.model.stepper import Actor, here, sleeper

if TYPE_CHECKING:
    from collections.abc import Callable

#: Containers of a module's consumer; a pace is divided among them.
CONTAINERS = 2

CONSUMER = "notification_core.entrypoints.consumer"


class Container:
    """One container of a module's consumer.

    Args:
        module: the module's name.
        asks: whether its provider can be asked about what it took.
    """

    def __init__(
        self, module: str, provider: Provider, faults: Faults, watch: Any, *, asks: bool
    ) -> None:
        self.settings = ConsumerSettings(
            module=module, provider_url=None, public_url=None, max_concurrency=CONTAINERS
        )
        self.pace = RateLimiter(CONTAINERS, partial(_monotonic, watch), sleeper(watch))
        self.ports: Ports | None = None
        self._provider, self._faults = provider, faults
        poll_many = self._look_many if asks else None
        self._handler = edge.batch_consumer(self._send_many, poll_many, size=1, parallel=1)

    def run(self, ports: Ports, batch: Sequence[WakeUp]) -> list[WakeUp]:
        """Consume a batch, one message each; returns what is to be handed over again."""
        self.ports, _here.container = ports, self
        records = [
            {"messageId": str(place), "body": to_body([wake_up])}
            for place, wake_up in enumerate(batch)
        ]
        answer = self._handler({"Records": records}, _Context(here()))
        again = [int(each["itemIdentifier"]) for each in answer["batchItemFailures"]]
        return [batch[place] for place in again]

    def _send_many(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        return [self._send(each) for each in deliveries]

    def _send(self, delivery: Delivery) -> Outcome:
        try:
            outcome: Outcome = self._faults.call("provider.send", self._provider.send, delivery)
        except Injected:
            return OutcomeUnknown("read-timeout")
        self._provider.seen(delivery, outcome)
        return outcome

    def _look_many(self, awaited: Sequence[PendingConfirmation]) -> list[ReportContent | None]:
        news: list[ReportContent | None] = self._faults.call(
            "provider.look", self._provider.look, awaited
        )
        return news


class _Context:
    """Lambda's context object."""

    aws_request_id = "model"

    def __init__(self, actor: Actor | None) -> None:
        self._actor = actor

    def get_remaining_time_in_millis(self) -> float:
        assert self._actor is not None
        return self._actor.remaining.total_seconds() * 1000


class _Here(threading.local):
    container: Any = None


_here = _Here()


def _monotonic(watch: Any) -> float:
    actor = here()
    now = watch.now if actor is None else actor.clock()
    return float((now - NOON).total_seconds())


@contextmanager
def wired() -> Iterator[None]:
    """Have the edge's code read its ports, its settings and its pace from the model."""
    values: dict[str, Callable[..., Any] | Any] = {
        f"{CONSUMER}.ports": lambda: _here.container.ports,
        f"{CONSUMER}.consumer_settings": lambda: _here.container.settings,
        f"{CONSUMER}._pace": lambda: _here.container.pace,
        f"{CONSUMER}.ThreadPoolExecutor": AtOnce,
        f"{CONSUMER}.bind_request": lambda _: None,
        f"{CONSUMER}.log_batch": lambda *_: None,
    }
    with ExitStack() as stack:
        for name, value in values.items():
            stack.enter_context(patch(name, value))
        yield
