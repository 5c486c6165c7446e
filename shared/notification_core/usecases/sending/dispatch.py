"""Every minute, enqueue the notifications that are due soon and those that lost their messages.

There is no write per notification: the due index lists the due notifications, and a cursor per
shard marks how far they are enqueued. Two dispatchers at once, or one that crashes midway, only
cause duplicate messages.
"""

import logging
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from notification_core.domain.batches import batches
from notification_core.domain.clock import to_epoch_ms
from notification_core.domain.due import BEGINNING, Progress, WakeUp, delay_until
from notification_core.domain.modules import Module, PausedBy
from notification_core.domain.timing import (
    LOOK_AHEAD,
    PROBE_WAKE_UPS,
    SWEEP_BUSY_COUNT,
    SWEEP_BUSY_EVERY,
    SWEEP_DEPTH,
    SWEEP_EVERY,
    SWEEP_GRACE,
    TICK,
)
from notification_core.ports import HasClock, HasDueShards, HasModules, HasNotifications, HasQueues
from notification_core.usecases.sending.enqueue import QUEUE_BATCH

logger = logging.getLogger(__name__)

#: Concurrent requests to SQS, over all shards.
SENDERS = 24


class DispatchPorts(HasClock, HasDueShards, HasModules, HasNotifications, HasQueues, Protocol):
    """The ports that these use cases need."""


@dataclass(frozen=True, slots=True)
class ShardDispatchResult:
    """The result of one tick for one shard of a module."""

    module: str
    enqueued: int = 0
    swept: int = 0  #: enqueued again, because they are long overdue
    paused: bool = False  #: by a fault; the enqueued wake-ups are probes
    complete: bool = True  #: false when messages were rejected or time ran out
    #: The shards that were, or would have been, dispatched.
    shards: Sequence[str] = field(default=(), compare=False)
    #: Where to continue next time, by shard; absent if nothing was enqueued.
    cursors: Mapping[str, WakeUp] = field(default_factory=dict, compare=False)


def dispatch(ports: DispatchPorts, out_of_time: Callable[[], bool]) -> list[ShardDispatchResult]:
    """Dispatch every module, all shards at once; probe the modules that a fault paused.

    No notification of a module that a person paused is enqueued. `out_of_time` is called between
    pages; the next tick continues from the cursor.
    """
    deployed = ports.modules.deployed()
    modules = [module for module, _ in deployed]
    progress = [module_progress for _, module_progress in deployed]
    shards = [
        module_progress.shards_of(module.name, ports.due_shards)
        for module, module_progress in deployed
    ]
    with (
        ThreadPoolExecutor(max(sum(1 + len(names) for names in shards), 1)) as workers,
        ThreadPoolExecutor(SENDERS) as senders,
    ):
        tick = _Tick(ports, workers, senders, ports.clock(), out_of_time)
        results = workers.map(tick.module, modules, progress, shards)
        return [result for of_module in results for result in of_module]


def _is_paused_by_a_person(module: Module) -> bool:
    return module.pause is not None and module.pause.by is PausedBy.PERSON


def _first(pages: Iterator[list[WakeUp]], count: int) -> Iterator[list[WakeUp]]:
    for page in pages:
        yield page[:count]
        count -= len(page)
        if count <= 0:
            return


@dataclass(frozen=True, slots=True)
class _Tick:
    ports: DispatchPorts
    workers: ThreadPoolExecutor  # large enough for every module and every shard at once
    senders: ThreadPoolExecutor
    now: datetime
    out_of_time: Callable[[], bool]

    def module(
        self, module: Module, progress: Progress, shards: Sequence[str]
    ) -> list[ShardDispatchResult]:
        """Dispatch one module. An error does not affect the other modules."""
        try:
            if progress.noted_shards < len(shards):
                self.ports.modules.save_shards(module.name, len(shards))
            if _is_paused_by_a_person(module):
                return [ShardDispatchResult(module.name, shards=shards)]
            if module.pause is not None:
                return [self.probe(module, shards)]
            to_sweep = self.begin_sweep(module, progress.swept_at)
            running = [
                self.workers.submit(self.shard, module, shard, progress, to_sweep)
                for shard in shards
            ]
            wait(running)  # a failed shard must not end the senders that the others still use
            self.advance(module, progress, [e.result() for e in running if not e.exception()])
            return [future.result() for future in running]
        except Exception:
            logger.exception("could not dispatch %s", module.name)
            return [ShardDispatchResult(module.name, complete=False, shards=shards)]

    def probe(self, module: Module, shards: Sequence[str]) -> ShardDispatchResult:
        """Enqueue the longest overdue wake-ups of a paused module; one of them is the probe."""
        until, overdue = to_epoch_ms(self.now), list[WakeUp]()
        for shard in shards:
            overdue += next(self.ports.notifications.due(shard, BEGINNING, until), [])
        probes = [(wake_up, 0) for wake_up in sorted(overdue)[:PROBE_WAKE_UPS]]
        accepted = self._send(module, probes)
        return ShardDispatchResult(
            module.name, len(probes), complete=accepted, paused=True, shards=shards
        )

    def begin_sweep(self, module: Module, swept_at: datetime | None) -> int:
        """Return how many overdue wake-ups of each shard may be enqueued again; 0 for none."""
        idle = timedelta.max if swept_at is None else self.now - swept_at
        if idle < SWEEP_EVERY:
            return 0
        busy = self.ports.queues.depth(module.name) > SWEEP_DEPTH
        every = SWEEP_BUSY_EVERY if busy else SWEEP_EVERY
        if idle < every or not self.ports.modules.begin_sweep(module.name, self.now, every):
            return 0
        return SWEEP_BUSY_COUNT if busy else sys.maxsize

    def advance(
        self, module: Module, before: Progress, done: Sequence[ShardDispatchResult]
    ) -> None:
        """Store all cursors of a module in one write, because a write per shard costs as much."""
        moved = {shard: cursor for result in done for shard, cursor in result.cursors.items()}
        if moved:
            self.ports.modules.advance_cursors(module.name, before, moved)

    def shard(
        self, module: Module, shard: str, progress: Progress, to_sweep: int
    ) -> ShardDispatchResult:
        cursor = progress.cursors.get(shard, BEGINNING)
        until = WakeUp(to_epoch_ms(self.now + LOOK_AHEAD), "")
        enqueued, reached = self._enqueue(module, shard, cursor, until)
        swept = 0
        if to_sweep and not self.out_of_time():
            # Notifications that this tick has enqueued are not swept at once.
            behind = cursor if enqueued else reached
            overdue = min(to_epoch_ms(self.now - SWEEP_GRACE), behind.due_at)
            swept = self._sweep(module, shard, overdue, to_sweep)
        return ShardDispatchResult(
            module.name,
            enqueued,
            swept,
            complete=reached == until,
            shards=[shard],
            cursors={shard: reached} if enqueued else {},
        )

    def _sweep(self, module: Module, shard: str, overdue: int, at_most: int) -> int:
        """Enqueue the notifications due before `overdue` again; return their number."""
        pages = self.ports.notifications.due(shard, BEGINNING, overdue - 1)
        first = _first(pages, at_most)
        return self._send_pages(module, first, BEGINNING, WakeUp(overdue, ""))[0]

    def _enqueue(
        self, module: Module, shard: str, after: WakeUp, until: WakeUp
    ) -> tuple[int, WakeUp]:
        """Enqueue the notifications due before `until`; return their number and the new cursor."""
        pages = self.ports.notifications.due(shard, after, until.due_at - 1)
        return self._send_pages(module, pages, after, until)

    def _send_pages(
        self, module: Module, pages: Iterator[list[WakeUp]], after: WakeUp, until: WakeUp
    ) -> tuple[int, WakeUp]:
        count, reached = 0, after
        for page in self._read_ahead(pages):
            messages = self._paced(module, page, count)
            if not self._send(module, messages):
                return count, reached
            count += len(messages)
            if messages:
                reached = messages[-1][0]
            if len(messages) < len(page) or self.out_of_time():
                return count, reached
        return count, until

    def _read_ahead(self, pages: Iterator[list[WakeUp]]) -> Iterator[list[WakeUp]]:
        """Read the next page while the current page is being enqueued."""
        upcoming: Future[list[WakeUp] | None] = self.senders.submit(next, pages, None)
        while (page := upcoming.result()) is not None:
            upcoming = self.senders.submit(next, pages, None)
            yield page

    def _paced(self, module: Module, page: list[WakeUp], already: int) -> list[tuple[WakeUp, int]]:
        """Return the wake-ups with their delays.

        For a module with a rate limit, return no more than it can send until the next tick.
        """
        messages = [
            (wake_up, delay_until(wake_up.due_at, self.now, module.precision)) for wake_up in page
        ]
        if module.max_per_second is None:
            return messages
        share = module.max_per_second / self.ports.due_shards
        room = max(int(share * TICK.total_seconds()), 1) - already
        return [
            (wake_up, max(delay, int((already + index) / share)))
            for index, (wake_up, delay) in enumerate(messages[: max(room, 0)])
        ]

    def _send(self, module: Module, messages: list[tuple[WakeUp, int]]) -> bool:
        """Enqueue messages; return whether the queue accepted all of them."""
        sending = [
            self.senders.submit(self.ports.queues.send, module.name, batch)
            for batch in batches(messages, QUEUE_BATCH)
        ]
        return False not in [future.result() for future in sending]
