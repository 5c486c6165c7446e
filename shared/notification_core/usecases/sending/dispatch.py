"""Every minute: put what is due soon on its target's queue, and again what lost its message.

No write per notification: the due index says what is owed, a cursor per shard how far the queues
know of it. Two dispatchers at once, or one that dies midway, cost duplicate messages only.
"""

import logging
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from notification_core.domain.batches import batches
from notification_core.domain.clock import to_epoch_ms
from notification_core.domain.due import delay_until
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
from notification_core.ports import BEGINNING, Ports, Progress, WakeUp
from notification_core.usecases.sending.enqueue import QUEUE_BATCH

logger = logging.getLogger(__name__)

#: Messages on their way to SQS at once, over all shards.
SENDERS = 24


@dataclass(frozen=True, slots=True)
class ShardDispatchResult:
    """What one tick did for one shard of a module."""

    module: str
    enqueued: int = 0
    swept: int = 0  #: enqueued again, long past their time
    paused: bool = False  #: by a fault; what was enqueued is a probe
    complete: bool = True  #: false when messages were refused or time ran out
    #: That were or would have been dispatched.
    shards: Sequence[str] = field(default=(), compare=False)
    #: Where to go on next time, by shard; absent where nothing was enqueued.
    cursors: Mapping[str, WakeUp] = field(default_factory=dict, compare=False)


def dispatch(ports: Ports, out_of_time: Callable[[], bool]) -> list[ShardDispatchResult]:
    """Dispatch every module, all shards at once; probe those that a fault paused.

    Of one that a person paused nothing is enqueued. `out_of_time` is asked between pages; the next
    tick goes on from the cursor.
    """
    deployed = ports.modules.deployed()
    modules, known = [each for each, _ in deployed], [each for _, each in deployed]
    shards = [each.shards_of(module.name, ports.due_shards) for module, each in deployed]
    with (
        ThreadPoolExecutor(max(sum(1 + len(each) for each in shards), 1)) as workers,
        ThreadPoolExecutor(SENDERS) as senders,
    ):
        tick = _Tick(ports, workers, senders, ports.clock(), out_of_time)
        done = workers.map(tick.module, modules, known, shards)
        return [each for of_module in done for each in of_module]


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
    ports: Ports
    workers: ThreadPoolExecutor  # room for every module and every shard at once
    senders: ThreadPoolExecutor
    now: datetime
    out_of_time: Callable[[], bool]

    def module(
        self, module: Module, progress: Progress, shards: Sequence[str]
    ) -> list[ShardDispatchResult]:
        """Dispatch one module; what goes wrong with it is not the others' business."""
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
            wait(running)  # one that fails must not take the senders from the rest
            self.advance(module, progress, [e.result() for e in running if not e.exception()])
            return [each.result() for each in running]
        except Exception:
            logger.exception("could not dispatch %s", module.name)
            return [ShardDispatchResult(module.name, complete=False, shards=shards)]

    def probe(self, module: Module, shards: Sequence[str]) -> ShardDispatchResult:
        """Hand a paused module the few that are due the longest, to try it with one of them."""
        until, overdue = to_epoch_ms(self.now), list[WakeUp]()
        for shard in shards:
            overdue += next(self.ports.notifications.due(shard, BEGINNING, until), [])
        probes = [(each, 0) for each in sorted(overdue)[:PROBE_WAKE_UPS]]
        accepted = self._send(module, probes)
        return ShardDispatchResult(
            module.name, len(probes), complete=accepted, paused=True, shards=shards
        )

    def begin_sweep(self, module: Module, swept_at: datetime | None) -> int:
        """Return how many overdue wake-ups of each shard may be sent again; 0 for none."""
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
        """Store all cursors of a module in one write: one a shard would cost as much each."""
        moved = {shard: cursor for each in done for shard, cursor in each.cursors.items()}
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
            # What this tick has enqueued is not swept at once.
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
        """Send what is due before `overdue` again; returns how many."""
        pages = self.ports.notifications.due(shard, BEGINNING, overdue - 1)
        first = _first(pages, at_most)
        return self._send_pages(module, first, BEGINNING, WakeUp(overdue, ""))[0]

    def _enqueue(
        self, module: Module, shard: str, after: WakeUp, until: WakeUp
    ) -> tuple[int, WakeUp]:
        """Send what is due before `until`; returns how many, and where to go on next time."""
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
        """Read the next page while this one is on its way to the queue."""
        upcoming: Future[list[WakeUp] | None] = self.senders.submit(next, pages, None)
        while (page := upcoming.result()) is not None:
            upcoming = self.senders.submit(next, pages, None)
            yield page

    def _paced(self, module: Module, page: list[WakeUp], already: int) -> list[tuple[WakeUp, int]]:
        """Give each its delay; of a paced module no more than it can send until the next tick."""
        messages = [
            (wake_up, delay_until(wake_up.due_at, self.now, module.precision)) for wake_up in page
        ]
        if module.max_per_second is None:
            return messages
        share = module.max_per_second / self.ports.due_shards
        room = max(int(share * TICK.total_seconds()), 1) - already
        return [
            (each, max(delay, int((already + place) / share)))
            for place, (each, delay) in enumerate(messages[: max(room, 0)])
        ]

    def _send(self, module: Module, messages: list[tuple[WakeUp, int]]) -> bool:
        """Whether the queue accepted every one."""
        sending = [
            self.senders.submit(self.ports.queues.send, module.name, batch)
            for batch in batches(messages, QUEUE_BATCH)
        ]
        return False not in [each.result() for each in sending]
