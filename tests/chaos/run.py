"""One run: the load during the faults, the drain, the moved clock, and the verification."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra.local import clock
from infra.local.stack import LocalStack
from tests.chaos.api_client import ApiClient
from tests.chaos.edits import PlannedEdit
from tests.chaos.fault_injector import Entry, FaultInjector
from tests.chaos.fault_schedule import FAULT_SCHEDULE
from tests.chaos.faults import Faults
from tests.chaos.load import OPTING_OUT, TARGETS, Load, Order
from tests.chaos.verifier import UNDER_WAY, Verdict, verify

#: Duration of the faults in seconds; the dispatcher is stopped during most of it.
CHAOS = 150
#: Seconds after which an unfinished notification counts as lost.
PATIENCE = 420
#: Clock offsets at which late or missing confirmations end: receipts, status polls, expiry.
CLOCK_MOVES = (timedelta(minutes=17), timedelta(hours=2), timedelta(hours=25), timedelta(hours=75))
POLL, REPORT_EVERY = 2, 10
#: Average seconds between two killed workers, and between two forged messages.
KILL_EVERY, FORGE_EVERY = 6, 4
#: Concurrent actions of the run; some of them wait while the emulator is down.
THREADS = 64


@dataclass
class Run:
    """The inputs and the results of a run."""

    stack: LocalStack
    load: Load
    faults: Faults
    random: Random
    counts: Counter[str] = field(default_factory=Counter)
    drained: dict[str, float] = field(default_factory=dict)  #: seconds, by target
    seconds: float = CHAOS
    began: float = field(default_factory=time.monotonic)
    reported_at: float = 0

    def __post_init__(self) -> None:
        self.access: dict[str, Any] = self.stack.access()
        self.api = ApiClient(self.access)
        self.injector = FaultInjector(self.stack, self.random, self.counts)
        self.entries: list[Entry] = []

    def execute(self) -> dict[str, Verdict]:
        """Run the load and the faults, wait for the end, and verify. Raises StackError."""
        self.log(f"registering {len(self.load.recipients)} addresses")
        self.api.register(self.load.recipients)
        self.api.publish_template()
        targets = {target["id"]: target["name"] for target in self.api.targets()}
        self._chaos()
        self._drain(targets)
        self._later()
        return self._verify()

    def log(self, text: str) -> None:
        """Print a line of progress, with the seconds since the start."""
        self.reported_at = time.monotonic()
        print(f"  {self.reported_at - self.began:4.0f} s  {text}", flush=True)

    def _chaos(self) -> None:
        """Create the later notifications before the faults, and the rest during the faults."""
        later = [order for order in self.load.orders if order.delay]
        at_once = [order for order in self.load.orders if not order.delay]
        self.log(f"creating {len(later)} notifications, due over the next minutes")
        self.api.order(later)
        begun = time.monotonic()
        self.log(f"faults start; creating {len(at_once)} more notifications, due at once")
        with ThreadPoolExecutor(THREADS) as pool:
            done: list[Future[Any]] = [pool.submit(self.api.order, at_once)]
            try:
                for at, event in sorted(self._plan(), key=lambda planned: planned[0]):
                    self._wait_until(begun + at * self.seconds)
                    done.append(pool.submit(event))
                self._wait_until(begun + self.seconds)
                self.faults.rates = {}
                self.log("no new faults start")
                for future in done:
                    future.result()
            except BaseException:
                self.api.stop()
                raise
        self.log("all faults have ended")

    def _wait_until(self, moment: float) -> None:
        while time.monotonic() < moment:
            time.sleep(0.1)
            if time.monotonic() - self.reported_at > REPORT_EVERY:
                self._report_progress()

    def _plan(self) -> Iterator[tuple[float, Callable[[], Any]]]:
        """Yield the actions and their times, as shares of the duration."""
        for at, rates in FAULT_SCHEDULE:
            yield at, partial(setattr, self.faults, "rates", rates)
        stopped, started = 0.05, 0.05 + min(0.85, 130 / self.seconds)
        yield stopped, partial(self._dispatch, on=False)
        yield started, partial(self._dispatch, on=True)
        self.counts["seconds without dispatcher"] = int((started - stopped) * self.seconds)
        yield 0.55, self._restart
        for _ in range(int(self.seconds / KILL_EVERY)):
            yield self.random.uniform(0.03, 0.97), self._ignoring_outages(self.injector.kill)
        for _ in range(int(self.seconds / FORGE_EVERY)):
            yield self.random.uniform(0.1, 1), self._ignoring_outages(self._forge)
        yield from self._withdrawals()

    def _withdrawals(self) -> Iterator[tuple[float, Callable[[], Any]]]:
        """Yield the opt-outs, the cancellations, the changes and the dead letters."""
        for recipient in self.load.recipients:
            if recipient.kind == OPTING_OUT:
                yield (
                    self.random.uniform(0.3, 0.8),
                    partial(self.api.opt_out, recipient),
                )
        for order in self.load.orders:
            if order.is_cancelled:
                yield self.random.uniform(0.1, 0.9), partial(self._cancel, order)
            for planned in order.planned_edits:
                yield planned.at / self.seconds, partial(self._edit, order, planned)
            if order.is_dead_lettered:
                at = self.random.uniform(0.2, 0.9)
                yield at, self._ignoring_outages(partial(self._dead_letter, order))

    def _restart(self) -> None:
        self.log("restarting the emulator")
        self.injector.restart()
        self.log("the emulator runs again")

    def _dispatch(self, *, on: bool) -> None:
        """Disable or enable the dispatcher, and retry while the emulator is down."""
        while True:
            with suppress(BotoCoreError, ClientError):
                self.injector.dispatch(on=on)
                return
            time.sleep(POLL)

    def _cancel(self, order: Order) -> None:
        if order.request.id:
            self.counts["cancelled in time"] += self.api.cancel(order)

    def _edit(self, order: Order, planned: PlannedEdit) -> None:
        if not order.request.id:
            return
        with order.editing:  # a change begins when the one before has been answered
            edit = self.api.edit(order, planned)
        self.counts[f"changes of {planned.subject}: {edit.result}"] += 1

    def _forge(self) -> None:
        self.entries = self.injector.entries()
        self.injector.forge(self.entries)

    def _dead_letter(self, order: Order) -> None:
        for entry in self.entries:
            if entry.id == order.request.id and entry.due_at:
                self.injector.dead_letter(entry)

    @staticmethod
    def _ignoring_outages(event: Callable[[], Any]) -> Callable[[], None]:
        """Return an action that is skipped while the emulator is down."""

        def tried() -> None:
            with suppress(BotoCoreError, ClientError):
                event()

        return tried

    def _report_progress(self) -> None:
        standing = Counter(entry.status for entry in self.entries)
        counts = ", ".join(f"{count} {status}" for status, count in sorted(standing.items()))
        self.log(f"{counts or 'nothing yet'}; {sum(self.faults.counts.values())} faults by proxy")

    def _drain(self, targets: dict[str, str]) -> None:
        """Wait until all notifications are final; record when each target was."""
        begun = time.monotonic()
        while True:
            self.entries = self.injector.entries()
            left = Counter(targets[e.target] for e in self.entries if e.status in UNDER_WAY)
            for name in TARGETS:
                if not left[name]:
                    self.drained.setdefault(name, time.monotonic() - begun)
                else:
                    self.drained.pop(name, None)
            if not left or time.monotonic() - begun > PATIENCE:
                break
            if time.monotonic() - self.reported_at > REPORT_EVERY:
                self._report_progress()
            time.sleep(POLL)
        self._report_progress()

    def _later(self) -> None:
        """Move the clock past receipts, status polls and expiry, instead of waiting for days."""
        for ahead in CLOCK_MOVES:
            if not any(entry.status in {"SENT", "a poll"} for entry in self.entries):
                return
            self.log(f"moving the clock {ahead} ahead")
            clock.move(self.stack, ahead)
            self._wait_for_due(datetime.now(UTC) + ahead)

    def _wait_for_due(self, now: datetime) -> None:
        deadline = time.monotonic() + 40
        while time.monotonic() < deadline:
            self.entries = self.injector.entries()
            owed = [entry for entry in self.entries if 0 < entry.due_at <= now.timestamp() * 1000]
            if not owed:
                break
            time.sleep(POLL / 2)

    def _verify(self) -> dict[str, Verdict]:
        self.log("reading every timeline")
        requests = [request for order in self.load.orders for request in order.requests()]
        notifications = self.api.notifications(self.load.recipients)
        return verify(requests, notifications, self.api.received(), POLICIES)


#: By target, the policy for ambiguous outcomes in its `target.json`.
POLICIES = {"Email": "at_least_once", "Twilio": "at_most_once", "Expo": "at_least_once"}


@contextmanager
def up(stack: LocalStack) -> Iterator[None]:
    """Start the stack, and stop it at the end."""
    try:
        stack.up(persist=True)
        yield
    finally:
        stack.down()
