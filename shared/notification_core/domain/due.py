"""The due index: which shard holds a notification, and when its message should come."""

from datetime import datetime
from zlib import crc32

from notification_core.domain.clock import to_epoch_ms
from notification_core.domain.modules import Precision
from notification_core.domain.timing import LEAD, MAX_DELAY


def shard_of(module: str, notification_id: str, shards: int) -> str:
    """Return the partition of the due index that holds this notification."""
    return f"{module}#{crc32(notification_id.encode()) % shards}"


def shards_of(module: str, shards: int) -> list[str]:
    """Every partition of a module."""
    return [f"{module}#{number}" for number in range(shards)]


def number_of(shard: str) -> int:
    """Return which of its module's partitions a shard is, counted from 0."""
    return int(shard.rpartition("#")[2])


def delay_until(due_at: int, now: datetime, precision: str = Precision.SECOND) -> int:
    """Return for how many seconds a queue holds back the message of what is due at `due_at`.

    `due_at` is in epoch milliseconds. Rounded up, so that the message comes when it is due or less
    than a second later; where the `precision` is exact, so that it comes early by the lead.
    """
    ahead = due_at - to_epoch_ms(now)
    if precision == Precision.EXACT:
        seconds = (ahead - int(LEAD.total_seconds() * 1000)) // 1000
    else:
        seconds = -(-ahead // 1000)
    return min(max(seconds, 0), int(MAX_DELAY.total_seconds()))
