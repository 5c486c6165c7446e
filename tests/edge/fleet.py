"""A fleet of consumer containers in virtual time: discrete events over the real code.

Real are the consumer's handler, each container's `Pace`, the use cases, the dispatcher, and the
queue adapter with its packing. Simulated are the clock, SQS (delays, batches of ten messages,
redelivery) and the choice of a container, where Lambda prefers the one that was used last.
"""

import heapq
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any, Self

import pytest

from notifications.adapters.sqs_queues import SqsQueues, from_body
from notifications.domain import timeline
from notifications.domain.notification import Notification
from notifications.domain.outcome import Delivery
from notifications.edge import consumer as edge
from notifications.edge import pace
from notifications.ports import WakeUp
from notifications.usecases import check, deliver, dispatch
from notifications.usecases.enqueue import enqueue_if_soon
from tests.builders import NOON, World, a_module, a_notification
from tests.edge.conftest import SETTINGS

#: As in the template: a consumer's time limit, its queue's visibility timeout, a message's batch.
TIME_LIMIT, VISIBILITY, BATCH = 60.0, 360.0, 10
#: Invocations, far more than any burst here needs.
MOST = 5_000
#: Seconds that one request of the provider takes.
LATENCY = 0.05


class AtOnce:
    """Stands for a ThreadPoolExecutor: everything is done in order, in the caller's thread."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def submit(self, function: Callable[..., Any], *args: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(function(*args, **named))
        return future

    def map(self, function: Callable[..., Any], *items: Iterable[Any]) -> Iterable[Any]:
        return [function(*each) for each in zip(*items, strict=False)]


@dataclass
class Container:
    """One execution environment, which is kept for the next batch."""

    pace: pace.Pace
    free_at: float = 0.0


@dataclass
class Fleet:
    """One paced module, its queue and its containers.

    Args:
        rate: the module's `max_per_second`.
        containers: how many there may be at once.
        at_once: messages that one poll of the queue finds at most.
    """

    monkeypatch: pytest.MonkeyPatch
    rate: float
    containers: int = 10
    at_once: int = BATCH
    world: World = field(default_factory=World)
    now: float = 0.0
    sent: list[float] = field(default_factory=list)  #: when the provider was asked, in seconds
    handed_back: int = 0  #: wake-ups of an unchanged turn that consumers sent to the queue
    invocations: int = 0

    def __post_init__(self) -> None:
        self._order = count()
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._visible: deque[str] = deque()
        self._fleet: list[Container] = []
        self._known: set[WakeUp] = set()
        self._consuming: Container | None = None
        self.world.modules.put(a_module(max_per_second=self.rate))
        queues = SqsQueues(self, "deliver-", "jobs", self.containers)
        self.ports = replace(
            self.world.ports, clock=self.clock, queues=queues, containers=self.containers
        )
        self._patch()
        self._handler = edge.consumer(self._send)
        self._at(0.0, self._tick)

    def _patch(self) -> None:
        clock = SimpleNamespace(monotonic=lambda: self.now, sleep=self._sleep)
        for module in (edge, pace, deliver):
            self.monkeypatch.setattr(module, "time", clock)
        for executor in (edge, deliver, check, dispatch):
            if hasattr(executor, "ThreadPoolExecutor"):
                self.monkeypatch.setattr(executor, "ThreadPoolExecutor", AtOnce)
        self.monkeypatch.setattr(dispatch, "wait", lambda _: None)
        self.monkeypatch.setattr(edge, "ports", lambda: self.ports)
        self.monkeypatch.setattr(
            edge, "consumer_settings", lambda: replace(SETTINGS, max_concurrency=self.containers)
        )
        self.monkeypatch.setattr(edge, "_pace", lambda: self._consuming and self._consuming.pace)

    def clock(self) -> Any:
        return NOON + timedelta(seconds=self.now)

    def burst(self, number: int, *, of: int) -> list[Notification]:
        """Let creators ask for so many at this moment, `of` in each request."""
        made = [a_notification(target_user_record=self.world.record.id) for _ in range(number)]
        self.world.notifications.create(made)
        for start in range(0, number, of):
            enqueue_if_soon(self.ports, made[start : start + of])
        return made

    def run(self, notifications: list[Notification], until: float) -> None:
        """Let time pass until all are final, or to this moment."""
        while self._events and not self._are_final(notifications):
            at, _, event = heapq.heappop(self._events)
            if at > until:
                break
            self.now = at
            event()
            if not self._events or self._events[0][0] > at:
                self._poll()

    def _are_final(self, notifications: list[Notification]) -> bool:
        return len(self.sent) >= len(notifications) and all(
            self.world.stored(each).is_final for each in notifications
        )

    def postponed(self, notifications: list[Notification]) -> int:
        """Count how often one of these was claimed and put back."""
        entries = [entry for each in notifications for entry in self.world.stored(each).timeline]
        return sum(entry.event == timeline.POSTPONED for entry in entries)

    def most_within(self, seconds: float) -> int:
        """Return how many were sent at most in any so many seconds."""
        times, first, most = sorted(self.sent), 0, 0
        for last, at in enumerate(times):
            while times[first] < at - seconds:
                first += 1
            most = max(most, last - first + 1)
        return most

    def _at(self, moment: float, event: Callable[[], None]) -> None:
        heapq.heappush(self._events, (moment, next(self._order), event))

    def _sleep(self, seconds: float) -> None:
        self.now += max(seconds, 0.0)

    def _send(self, _: Delivery) -> str:
        self.sent.append(self.now)
        self.now += LATENCY
        return "taken"

    def _tick(self) -> None:
        began = self.now
        dispatch.dispatch(self.ports, lambda: False)
        self._at(began + 60, self._tick)

    def _poll(self) -> None:
        """Hand what is visible to containers that are free; a run is told at its beginning."""
        began = self.now
        while self._visible:
            free = [each for each in self._fleet if each.free_at <= began]
            if not free and len(self._fleet) == self.containers:
                return
            if not free:
                self._fleet.append(Container(pace.Pace(self.containers)))
                free = self._fleet[-1:]
            self._invoke(max(free, key=lambda each: each.free_at))
            self.now = began

    def _invoke(self, container: Container) -> None:
        bodies = [self._visible.popleft() for _ in range(min(self.at_once, len(self._visible)))]
        records = [{"messageId": str(n), "body": body} for n, body in enumerate(bodies)]
        ends = self.now + TIME_LIMIT
        context = SimpleNamespace(
            aws_request_id="run", get_remaining_time_in_millis=lambda: (ends - self.now) * 1000
        )
        self._consuming, began = container, self.now
        self.invocations += 1
        assert self.invocations < MOST, "messages go in circles"
        answer = self._handler({"Records": records}, context)
        assert self.now <= ends, "Lambda would have ended it"
        self._consuming, container.free_at = None, self.now
        self._at(self.now, lambda: None)
        for each in answer["batchItemFailures"]:
            self._arrive(bodies[int(each["itemIdentifier"])], began + VISIBILITY)

    def _arrive(self, body: str, at: float) -> None:
        self._at(at, lambda: self._visible.append(body))

    # What the queue adapter asks of a client.

    def get_queue_url(self, QueueName: str) -> dict[str, str]:  # noqa: N803
        return {"QueueUrl": QueueName}

    def get_queue_attributes(self, **_: Any) -> dict[str, Any]:
        return {
            "Attributes": {
                "ApproximateNumberOfMessages": str(len(self._visible)),
                "ApproximateNumberOfMessagesDelayed": "0",
            }
        }

    def send_message_batch(self, QueueUrl: str, Entries: Any) -> dict[str, Any]:  # noqa: N803
        del QueueUrl
        for entry in Entries:
            wake_ups = set(from_body(entry["MessageBody"]))
            if self._consuming is not None:
                self.handed_back += len(wake_ups & self._known)
            self._known |= wake_ups
            self._arrive(entry["MessageBody"], self.now + entry["DelaySeconds"])
        return {}
