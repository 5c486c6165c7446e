"""The store of the counters (`domain/counters.py`)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from notification_core.domain.counters import Counts


class CounterStore(Protocol):
    """Counters by the hour in which they were stored, kept for about five weeks.

    They are statistics: a process that ends before `flush`, or that cannot store, loses its counts.
    """

    def add(self, counts: Counts) -> None:
        """Add counts to those that this process has not stored yet. It may be called in threads."""
        ...

    def flush(self, now: datetime) -> None:
        """Store what was added, with at most one write unit; without counts, write nothing.

        If it raises, the counts are stored by the next call. Codes that do not fit into one write
        unit are counted as `OTHER`; whatever still does not fit is stored by the next call too.
        """
        ...

    def read(self, since: datetime, until: datetime) -> Mapping[datetime, Counts]:
        """Return the counts of each hour that has any, from `since` to `until`.

        The hours are UTC, by their first moments: the result includes the hours of `since` and of
        `until`. A count is visible within a second or so of its flush.
        """
        ...
