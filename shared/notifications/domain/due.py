"""The due index: which shard holds a notification, and when its message should come."""

from datetime import datetime
from zlib import crc32

from notifications.domain.clock import to_epoch_ms
from notifications.domain.timing import LEAD, MAX_DELAY


def shard_of(module: str, notification_id: str, shards: int) -> str:
    """Return the partition of the due index that holds this notification."""
    return f"{module}#{crc32(notification_id.encode()) % shards}"


def shards_of(module: str, shards: int) -> list[str]:
    """Every partition of a module."""
    return [f"{module}#{number}" for number in range(shards)]


def number_of(shard: str) -> int:
    """Return which of its module's partitions a shard is, counted from 0."""
    return int(shard.rpartition("#")[2])


def delay_until(due_at: int, now: datetime) -> int:
    """Whole seconds to hold back the message of what is due at `due_at` (epoch milliseconds)."""
    milliseconds = due_at - to_epoch_ms(now) - LEAD.total_seconds() * 1000
    return int(min(max(milliseconds // 1000, 0), MAX_DELAY.total_seconds()))
