"""Changes race claims, cancellations, opt-outs and the dispatcher: one truthful result each."""

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from threading import Barrier
from typing import Any

import pytest

from notification_core.domain.consent import ConsentSource
from notification_core.domain.consent_scopes import EVERYTHING
from notification_core.domain.delivery import Delivery
from notification_core.domain.due import WakeUp
from notification_core.domain.errors import OptedOut, StillSending
from notification_core.domain.failures import RetryLater
from notification_core.domain.notification import Notification
from notification_core.domain.status import Status
from notification_core.domain.timeline import EventKind
from notification_core.usecases.consent.opt_out import record_consent
from notification_core.usecases.sending.cancel import CancelResult, cancel
from notification_core.usecases.sending.change import ChangeResult, change_notification
from notification_core.usecases.sending.changed_content import Changes
from tests.builders import NOON, World
from tests.usecases.steps import handed, stored, tick

ROUNDS = int(os.environ.get("RACES", "1000"))
LATER = NOON + timedelta(minutes=30)

#: Two changes of different fields, so that the timeline tells which of them was stored.
MOVE: Changes = {"scheduled_delivery": LATER, "title": "Moved"}
EDIT: Changes = {"body": "edited"}


@pytest.fixture(autouse=True)
def _threads_switch_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@dataclass
class Race:
    """One notification, and all that happens to it at once."""

    seed: int
    world: World = field(default_factory=World)
    results: dict[str, Any] = field(default_factory=dict)
    early: bool = False  #: sent before its time

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.it = stored(self.world)
        if self.random.random() < 0.5:
            self.world.provider.answers[self.world.record.target_user_id] = [RetryLater("503")]

    def run(self, pool: ThreadPoolExecutor) -> None:
        everything = {
            "move": lambda: self._change(MOVE),
            "edit": lambda: self._change(EDIT),
            "consume": lambda: self._deliver(self.it),
            "dispatch": lambda: tick(self.world),
            "cancel": lambda: cancel(self.world.ports, self.it.id)[0],
            "opt out": self._opt_out,
        }
        rare = {"cancel", "opt out"}
        racers = [n for n in everything if n not in rare or self.random.random() < 0.3]
        self.random.shuffle(racers)
        barrier = Barrier(len(racers))

        def start(act: Callable[[], Any]) -> Any:
            barrier.wait()
            return act()

        running = {name: pool.submit(start, everything[name]) for name in racers}
        self.results = {name: future.result() for name, future in running.items()}

    def _change(self, changes: Changes) -> ChangeResult | str:
        try:
            return change_notification(self.world.ports, self.it.id, changes)[0]
        except OptedOut:
            return "opted out"

    def _opt_out(self) -> int | None:
        """Opt out; return how much had been sent when that was acknowledged, None if it was not."""
        try:
            record_consent(
                self.world.ports,
                "eggs",
                [EVERYTHING],
                active=True,
                source=ConsentSource.API,
                evidence="caller",
            )
        except StillSending:
            return None
        return len(self.world.provider.seen)

    def _deliver(self, *batch: Notification | WakeUp) -> None:
        handed(self.world, *batch)
        # The clock moves between two batches only, apart from the waits of an opt-out.
        now = self.world.watch.now
        for delivery in self.world.provider.seen:
            due_at = delivery.due_at or NOON
            self.early |= now < max(due_at, delivery.scheduled_delivery)

    def come_to_rest(self) -> Notification:
        """Deliver every message, old and new, until the notification has ended."""
        messages: list[WakeUp] = []
        for _ in range(10):
            if self.world.stored(self.it).is_final:
                break
            due_at = self.world.stored(self.it).due_at
            assert due_at is not None
            self.world.watch.now = max(self.world.watch.now, due_at)
            tick(self.world)
            messages += [wake_up for wake_up, _ in self.world.queues.sent.pop("pigeon", [])]
            self._deliver(*messages)
        self._deliver(self.it, *messages)
        return self.world.stored(self.it)


def check(race: Race, end: Notification) -> None:
    """Every result is true, and the message was sent once at most, as it stands."""
    details = [event.detail for event in end.timeline if event.event == EventKind.CHANGED]
    stored_changes = {
        "move": sum("title" in detail for detail in details),
        "edit": details.count("body"),
    }
    for name, times in stored_changes.items():
        assert times == (race.results[name] is ChangeResult.CHANGED), (race.seed, name, details)
    accepted = [
        delivery
        for delivery, event in zip(race.world.provider.seen, _ends(end), strict=True)
        if event is not EventKind.RETRY
    ]
    assert len(accepted) == (end.status is Status.DELIVERED), race.seed
    assert not race.early, race.seed
    if accepted:
        assert _text(accepted[0]) == (end.content.title, end.content.body), race.seed
    assert (end.content.title == "Moved") == bool(stored_changes["move"])
    assert (end.content.body == "edited") == bool(stored_changes["edit"])
    if race.results.get("cancel") is CancelResult.CANCELLED:
        assert end.status is Status.CANCELLED, race.seed
    if race.results.get("opt out") is not None:
        assert len(race.world.provider.seen) == race.results["opt out"], race.seed


def _ends(notification: Notification) -> list[EventKind]:
    """The end of each attempt."""
    ends = {EventKind.RETRY, EventKind.DELIVERED}
    return [event.event for event in notification.timeline if event.event in ends]


def _text(delivery: Delivery) -> tuple[str, str]:
    return delivery.title, delivery.body


def test_a_change_races_everything_and_each_result_is_true() -> None:
    results = Counter[str]()

    with ThreadPoolExecutor(6) as pool:
        for seed in range(ROUNDS):
            race = Race(seed)
            race.run(pool)
            check(race, race.come_to_rest())
            results.update(str(race.results[name]) for name in ("move", "edit"))

    # Each order really happens.
    assert {*ChangeResult} - {ChangeResult.UNCHANGED} <= {*results}
    assert results["opted out"] > 0
