"""The age of the oldest overdue notification of each module."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from notification_core.domain.clock import to_epoch_ms
from notification_core.ports import HasClock, HasNotifications

#: The number of shards that are queried in parallel.
PARALLEL = 24


class OverduePorts(HasClock, HasNotifications, Protocol):
    """The ports that these use cases need."""


def overdue_ages(ports: OverduePorts, shards: Mapping[str, Sequence[str]]) -> dict[str, float]:
    """Return for each module how many seconds its oldest entry is overdue; 0 if none is overdue.

    `shards` are the shards of each module that may contain its entries.

    A module whose shards cannot be read is left out.
    """
    with ThreadPoolExecutor(PARALLEL) as pool:
        queries = {
            module: [pool.submit(ports.notifications.oldest_due, shard) for shard in of_module]
            for module, of_module in shards.items()
        }
    now, ages = to_epoch_ms(ports.clock()), dict[str, float]()
    for module, of_module in queries.items():
        if any(query.exception() for query in of_module):
            continue
        due_times = [oldest.due_at for query in of_module if (oldest := query.result()) is not None]
        ages[module] = max(now - min(due_times, default=now), 0) / 1000
    return ages
