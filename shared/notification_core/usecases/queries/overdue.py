"""How long the oldest of what is overdue has waited, module by module."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from notification_core.domain.clock import to_epoch_ms
from notification_core.ports import Ports

#: Shards that are asked at once.
PARALLEL = 24


def overdue_ages(ports: Ports, shards: Mapping[str, Sequence[str]]) -> dict[str, float]:
    """Return for each module how many seconds its oldest entry is overdue; 0 when none is.

    `shards` are those of each module that may hold something of it.

    A module that cannot be asked is left out: nothing is known of it.
    """
    with ThreadPoolExecutor(PARALLEL) as pool:
        asked = {
            module: [pool.submit(ports.notifications.oldest_due, shard) for shard in of_module]
            for module, of_module in shards.items()
        }
    now, ages = to_epoch_ms(ports.clock()), dict[str, float]()
    for module, of_module in asked.items():
        if any(each.exception() for each in of_module):
            continue
        dues = [found.due_at for each in of_module if (found := each.result()) is not None]
        ages[module] = max(now - min(dues, default=now), 0) / 1000
    return ages
