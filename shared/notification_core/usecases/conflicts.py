"""Optimistic concurrency: read, decide, and write if nothing has changed in between."""

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from notification_core.domain.errors import Unavailable
from notification_core.domain.transitions import Conflict

T = TypeVar("T")


def retry_on_conflict(step: Callable[[], T], times: int) -> T:
    """Return the result of `step`, which reads, decides and writes.

    The step is repeated while it raises Conflict, because another process has changed the item
    between the read and the write.

    Raises:
        Unavailable: the item changed each of this many times.
    """
    for _ in range(times):
        with suppress(Conflict):
            return step()
    raise Unavailable
