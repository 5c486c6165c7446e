"""What waits for each module: on its queue, in the due index, and what was given up."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from notification_core.domain.addresses import Target
from notification_core.domain.clock import from_epoch_ms, to_epoch_ms
from notification_core.domain.modules import Module
from notification_core.ports import BEGINNING, Ports, QueueCounts
from notification_core.usecases.sending.shards import shards_by_module

#: Overdue entries that are counted of one shard; that there are more is said, and not how many.
COUNT_AT_MOST = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What waits for one module."""

    name: str
    module: Module | None  #: None where no such handler is deployed
    targets: Sequence[Target]
    queue: QueueCounts | None  #: None where it has no queue
    overdue: int  #: entries of the due index whose time has passed
    is_minimum: bool  #: there are at least so many overdue
    oldest_due: datetime | None  #: the longest overdue


def backlogs(ports: Ports) -> list[Backlog]:
    """Return what waits for each module that is deployed or that a target names, by name."""
    modules = {each.name: each for each in ports.modules.all()}
    targets = ports.targets.all()
    names = sorted(modules.keys() | {each.notification_module_name for each in targets})
    now = to_epoch_ms(ports.clock())
    by_module = shards_by_module(ports, names)
    shards = [shard for name in names for shard in by_module[name]]
    with ThreadPoolExecutor(max(len(names) + len(shards), 1)) as workers:
        queues = workers.map(ports.queues.counts, names)
        overdue = dict(
            zip(shards, workers.map(lambda each: _overdue(ports, each, now), shards), strict=True)
        )
        return [
            _backlog(
                name,
                modules.get(name),
                [each for each in targets if each.notification_module_name == name],
                queue,
                [overdue[each] for each in by_module[name]],
            )
            for name, queue in zip(names, queues, strict=True)
        ]


def _overdue(ports: Ports, shard: str, now: int) -> tuple[int, int | None]:
    """Return how many entries are past their time, counted so far, and the first one's."""
    count, oldest = 0, None
    for page in ports.notifications.due(shard, BEGINNING, now):
        count, oldest = count + len(page), page[0].due_at if oldest is None else oldest
        if count >= COUNT_AT_MOST:
            break
    return min(count, COUNT_AT_MOST), oldest


def _backlog(
    name: str,
    module: Module | None,
    targets: Sequence[Target],
    queue: QueueCounts | None,
    overdue: Sequence[tuple[int, int | None]],
) -> Backlog:
    oldest = min((each for _, each in overdue if each is not None), default=None)
    return Backlog(
        name=name,
        module=module,
        targets=targets,
        queue=queue,
        overdue=sum(count for count, _ in overdue),
        is_minimum=any(count == COUNT_AT_MOST for count, _ in overdue),
        oldest_due=None if oldest is None else from_epoch_ms(oldest),
    )
