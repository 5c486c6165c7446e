"""Stores the counters at the end of a function's invocation."""

from collections.abc import Callable
from typing import Any, Protocol

from notification_core.ports import HasClock, HasCounters
from notification_core.runtime.observability import logger

#: The counts are left for the next invocation if less time remains. The request takes up to 7 s.
RESERVE_MS = 10_000


class CountingPorts(HasClock, HasCounters, Protocol):
    """The ports that this function needs."""


def store_counts(ports: Callable[[], CountingPorts], context: Any) -> None:
    """Store the counts of an invocation.

    It never raises: the counters are statistics, and the notifications are already stored. Counts
    that could not be stored are stored by the next invocation of this process.
    """
    try:
        if context.get_remaining_time_in_millis() < RESERVE_MS:
            return
        ports().counters.flush(ports().clock())
    except Exception as error:  # noqa: BLE001 - see above
        logger.warning("the counters could not be stored", extra={"error": type(error).__name__})
