"""A fleet of consumer containers in virtual time: discrete events over the real code.

Real are the consumer's handler, each container's `RateLimiter`, the use cases, the dispatcher, and
the queue adapter with its packing. Simulated are the clock, SQS (delays, batches of ten messages,
redelivery) and the choice of a container, where Lambda prefers the one that was used last.
"""

import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest

from notification_core.adapters.sqs_queues import SqsQueues, from_body
from notification_core.domain.delivery import Delivery
from notification_core.domain.due import WakeUp
from notification_core.domain.notification import Notification
from notification_core.domain.timeline import EventKind
from notification_core.entrypoints import consumer as edge
from notification_core.entrypoints.rate_limiter import RateLimiter
from notification_core.usecases.sending import deliver, dispatch, preflight
from notification_core.usecases.sending.enqueue import enqueue_if_soon
from tests.at_once import AtOnce
from tests.builders import NOON, World, a_module, a_notification
from tests.entrypoints.conftest import SETTINGS

#: As in the template: a consumer's time limit, its queue's visibility timeout, a message's batch.
TIME_LIMIT, VISIBILITY, BATCH = 60.0, 360.0, 10
#: Invocations, far more than any burst here needs.
MOST = 5_000
#: Seconds that one request of the provider takes. They are made one after the other here.
LATENCY = 0.05


@dataclass
class Container:
    """One execution environment, which is kept for the next batch."""

    pace: RateLimiter
    free_at: float = 0.0
    messages: int = 0  #: that its latest batch had
    sends: int = 0
    waits: list[tuple[float, float]] = field(default_factory=list)  #: from when until when it slept


@dataclass
class Fleet:
    """One module, its queue and its containers.

    Args:
        rate: the module's `max_per_second`.
        containers: how many there may be at once.
        at_once: messages that one poll of the queue finds at most.
        precision: the module's.
        latency: seconds that one request of the provider takes.
    """

    monkeypatch: pytest.MonkeyPatch
    rate: float | None
    containers: int = 10
    at_once: int = BATCH
    precision: str = "second"
    latency: float = LATENCY
    world: World = field(default_factory=World)
    now: float = 0.0
    sent: list[float] = field(default_factory=list)  #: when the provider was asked, in seconds
    sent_at: dict[str, float] = field(default_factory=dict)  #: the same, by the notification
    handed_back: int = 0  #: wake-ups of an unchanged turn that consumers sent to the queue
    invocations: int = 0

    def __post_init__(self) -> None:
        self._order = count()
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._visible: deque[str] = deque()
        self.fleet: list[Container] = []
        self._known: set[WakeUp] = set()
        self._consuming: Container | None = None
        self.world.modules.put(a_module(max_per_second=self.rate, precision=self.precision))
        queues = SqsQueues(self, self, "deliver-", "jobs", containers=self.containers)
        self.ports = replace(
            self.world.ports,
            clock=self.clock,
            sleep=self._sleep,
            queues=queues,
            containers=self.containers,
        )
        self._patch()
        self._handler = edge.consumer(self._send)
        self._at(0.0, self._tick)

    def _patch(self) -> None:
        for executor in (edge, deliver, preflight, dispatch):
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

    def burst(self, number: int, *, of: int, ahead: float = 0.0) -> list[Notification]:
        """Let creators ask for so many at this moment, `of` in each request, due in a while."""
        due = self.clock() + timedelta(seconds=ahead)
        made = [
            a_notification(target_user_record=self.world.record.id, scheduled_delivery=due)
            for _ in range(number)
        ]
        self.world.notifications.create(made)
        for start in range(0, number, of):
            enqueue_if_soon(self.ports, made[start : start + of])
        return made

    def later(self, moment: float, *, ahead: float = 0.0) -> list[Notification]:
        """Let a creator ask for one at a moment, due in a while; it is in the list from then on."""
        asked: list[Notification] = []
        self._at(moment, lambda: asked.extend(self.burst(1, of=1, ahead=ahead)))
        return asked

    def lateness(self, notification: Notification) -> float:
        """Return how many seconds after its time one was sent."""
        due = (notification.scheduled_delivery - NOON).total_seconds()
        return self.sent_at[notification.id] - due

    def most_waiting(self) -> int:
        """Return how many containers slept at once, at most."""
        waits = [wait for container in self.fleet for wait in container.waits]
        return max((sum(a <= at < b for a, b in waits) for at, _ in waits), default=0)

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
        return sum(entry.event == EventKind.POSTPONED for entry in entries)

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
        began = self.now
        self.now += max(seconds, 0.0)
        if self._consuming is not None and self.now > began:
            self._consuming.waits.append((began, self.now))

    def _send(self, delivery: Delivery) -> str:
        self.sent.append(self.now)
        self.sent_at[delivery.id] = self.now
        self.now += self.latency
        if self._consuming is not None:
            self._consuming.sends += 1
        return "taken"

    def _tick(self) -> None:
        began = self.now
        dispatch.dispatch(self.ports, lambda: False)
        self._at(began + 60, self._tick)

    def _poll(self) -> None:
        """Hand what is visible to containers that are free; a run is told at its beginning."""
        began = self.now
        while self._visible:
            free = [each for each in self.fleet if each.free_at <= began]
            if not free and len(self.fleet) == self.containers:
                return
            if not free:
                pace = RateLimiter(self.containers, lambda: self.now, self._sleep)
                self.fleet.append(Container(pace))
                free = self.fleet[-1:]
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
        container.messages = len(bodies)
        self.invocations += 1
        assert self.invocations < MOST, "messages go in circles"
        answer = self._handler({"Records": records}, context)
        assert self.now <= ends, "Lambda would have ended it"
        self._consuming, container.free_at = None, self.now
        self._at(self.now, lambda: None)
        for each in answer["batchItemFailures"]:
            self._arrive(bodies[int(each["itemIdentifier"])], began + VISIBILITY)

    def _in_flight(self) -> int:
        busy = [each for each in self.fleet if each.free_at > self.now or each is self._consuming]
        return sum(each.messages for each in busy)

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
                "ApproximateNumberOfMessagesNotVisible": str(self._in_flight()),
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
