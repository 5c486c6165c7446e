"""The due index: the shard of a notification, and the delay of its queue message."""

from datetime import datetime
from zlib import crc32

from notification_core.domain.clock import to_epoch_ms
from notification_core.domain.modules import Precision
from notification_core.domain.timing import LEAD, MAX_DELAY


def shard_of(module: str, notification_id: str, shards: int) -> str:
    """Return the partition of the due index that contains this notification."""
    return f"{module}#{crc32(notification_id.encode()) % shards}"


def shards_of(module: str, shards: int) -> list[str]:
    """Return every partition of a module."""
    return [f"{module}#{number}" for number in range(shards)]


def number_of(shard: str) -> int:
    """Return the number of a shard within its module, counted from 0."""
    return int(shard.rpartition("#")[2])


def delay_until(due_at: int, now: datetime, precision: str = Precision.SECOND) -> int:
    """Return the delay in seconds of the queue message for a notification due at `due_at`.

    `due_at` is in epoch milliseconds. The delay is rounded up, so that the message comes at the
    due time or less than a second later. With the precision `exact`, the message comes early by
    the lead.
    """
    ahead = due_at - to_epoch_ms(now)
    if precision == Precision.EXACT:
        seconds = (ahead - int(LEAD.total_seconds() * 1000)) // 1000
    else:
        seconds = -(-ahead // 1000)
    return min(max(seconds, 0), int(MAX_DELAY.total_seconds()))
