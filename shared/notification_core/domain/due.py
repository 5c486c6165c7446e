"""The due index: its entries, its shards and the progress of the dispatcher through them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zlib import crc32

from notification_core.domain.clock import to_epoch_ms
from notification_core.domain.modules import Precision
from notification_core.domain.timing import LEAD, MAX_DELAY


@dataclass(frozen=True, slots=True, order=True)
class WakeUp:
    """An entry of the due index and of a queue message: process this notification now.

    `due_at` (epoch milliseconds) acts as a fencing token. Rescheduling a notification changes its
    due time, so a message with an earlier due time cannot claim it.
    """

    due_at: int
    id: str


#: Entries in a page of the due index, which a dispatcher holds in memory per shard.
DUE_PAGE = 1000

#: Sorts before every entry of the due index.
BEGINNING = WakeUp(0, "")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The dispatcher's progress with a module, read in one request."""

    cursors: Mapping[str, WakeUp] = field(default_factory=dict)  #: by shard; absent: the beginning
    noted_shards: int = 0  #: the largest number of shards that the module has had
    resumptions: int = 0  #: the number of pauses that ended, each of which removed the cursors
    swept_at: datetime | None = None  #: when the last sweep began

    def shards_of(self, module: str, due_shards: int) -> list[str]:
        """Return every shard that may contain entries of the module.

        A deployment may have had more shards than the current `due_shards`, and an item keeps its
        shard.
        """
        named = (number_of(shard) + 1 for shard in self.cursors)
        return shards_of(module, max(due_shards, self.noted_shards, *named))


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """The approximate numbers of messages in a module's queue and its dead-letter queue.

    A message may contain many wake-ups.
    """

    queued: int  #: including delayed messages
    in_flight: int  #: received by a consumer that has not finished
    dead_letters: int  #: not yet marked on their notifications
