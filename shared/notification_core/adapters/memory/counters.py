"""The counters in memory."""

from collections.abc import Mapping
from datetime import datetime
from threading import Lock

from notification_core.domain.counters import Counts, hour_of


class MemoryCounters:
    """A CounterStore."""

    def __init__(self) -> None:
        self.added = Counts()
        self.stored: dict[datetime, Counts] = {}
        self._lock = Lock()

    def add(self, counts: Counts) -> None:
        with self._lock:
            self.added += counts

    def flush(self, now: datetime) -> None:
        with self._lock:
            counts, self.added = self.added, Counts()
        if counts:
            self.stored[hour_of(now)] = self.stored.get(hour_of(now), Counts()) + counts

    def read(self, since: datetime, until: datetime) -> Mapping[datetime, Counts]:
        first, last = hour_of(since), hour_of(until)
        return {hour: counts for hour, counts in self.stored.items() if first <= hour <= last}
