"""How long the oldest of what is overdue has waited, module by module."""

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor

from notifications.domain.clock import to_epoch_ms
from notifications.ports import Ports
from notifications.usecases.shards import shards_by_module

#: Shards that are asked at once.
PARALLEL = 24


def backlog_ages(ports: Ports, modules: Collection[str]) -> dict[str, float]:
    """Return for each module how many seconds its oldest entry is overdue; 0 when none is.

    A module that cannot be asked is left out: nothing is known of it.
    """
    with ThreadPoolExecutor(PARALLEL) as pool:
        asked = {
            module: [pool.submit(ports.notifications.oldest_due, shard) for shard in shards]
            for module, shards in shards_by_module(ports, modules).items()
        }
    now, ages = to_epoch_ms(ports.clock()), dict[str, float]()
    for module, shards in asked.items():
        if any(each.exception() for each in shards):
            continue
        dues = [found.due_at for each in shards if (found := each.result()) is not None]
        ages[module] = max(now - min(dues, default=now), 0) / 1000
    return ages
