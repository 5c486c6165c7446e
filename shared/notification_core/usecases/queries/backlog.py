"""The backlog of each module: its queue, its overdue notifications and its dead letters."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from notification_core.domain.addresses import Target
from notification_core.domain.clock import from_epoch_ms, to_epoch_ms
from notification_core.domain.due import BEGINNING, QueueCounts
from notification_core.domain.modules import Module
from notification_core.ports import HasClock, HasNotifications, HasQueues, HasTargets
from notification_core.usecases.sending.shards import ShardPorts, shards_by_module

#: The most overdue entries that the API counts in one shard.
COUNT_AT_MOST = 1000


class BacklogPorts(ShardPorts, HasClock, HasNotifications, HasQueues, HasTargets, Protocol):
    """The ports that these use cases need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """The backlog of one module."""

    name: str
    module: Module | None  #: None if no such handler is deployed
    targets: Sequence[Target]
    queue: QueueCounts | None  #: None if it has no queue
    overdue: int  #: the number of entries of the due index whose due time has passed
    is_minimum: bool  #: whether `overdue` is a minimum
    oldest_due: datetime | None  #: the due time of the longest overdue entry


def backlogs(ports: BacklogPorts, at_most: int = COUNT_AT_MOST) -> list[Backlog]:
    """Return the backlog of each module that is deployed or that a target names, by name.

    At most `at_most` overdue entries of a shard are counted. A larger number is a minimum.
    """
    modules = {module.name: module for module in ports.modules.all()}
    targets = ports.targets.all()
    names = sorted(modules.keys() | {target.notification_module_name for target in targets})
    now = to_epoch_ms(ports.clock())
    by_module = shards_by_module(ports, names)
    shards = [shard for name in names for shard in by_module[name]]
    with ThreadPoolExecutor(max(len(names) + len(shards), 1)) as workers:
        queues = workers.map(ports.queues.counts, names)
        overdue = dict(
            zip(
                shards,
                workers.map(lambda shard: _overdue(ports, shard, now, at_most), shards),
                strict=True,
            )
        )
        return [
            _backlog(
                name,
                modules.get(name),
                [target for target in targets if target.notification_module_name == name],
                queue,
                [overdue[shard] for shard in by_module[name]],
                at_most,
            )
            for name, queue in zip(names, queues, strict=True)
        ]


def _overdue(ports: HasNotifications, shard: str, now: int, at_most: int) -> tuple[int, int | None]:
    """Return the number of overdue entries of a shard, up to the limit, and the first due time."""
    count, oldest = 0, None
    for page in ports.notifications.due(shard, BEGINNING, now, at_most):
        count, oldest = count + len(page), page[0].due_at if oldest is None else oldest
        if count >= at_most:
            break
    return min(count, at_most), oldest


def _backlog(
    name: str,
    module: Module | None,
    targets: Sequence[Target],
    queue: QueueCounts | None,
    overdue: Sequence[tuple[int, int | None]],
    at_most: int,
) -> Backlog:
    oldest = min((due_at for _, due_at in overdue if due_at is not None), default=None)
    return Backlog(
        name=name,
        module=module,
        targets=targets,
        queue=queue,
        overdue=sum(count for count, _ in overdue),
        is_minimum=any(count == at_most for count, _ in overdue),
        oldest_due=None if oldest is None else from_epoch_ms(oldest),
    )
