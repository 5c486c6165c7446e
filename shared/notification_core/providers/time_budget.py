"""The time budget of one send, which may consist of several steps or requests."""

import time

from notification_core.domain.failures import Throttled
from notification_core.domain.timing import SEND_TIME_LIMIT

#: The code of a send that could not start in time.
OUT_OF_TIME = "out-of-time"


def out_of_time(retry_after: float = 1) -> Throttled:
    """Return the outcome of a send that did not start: it is retried without using an attempt.

    `retry_after` is in seconds.
    """
    return Throttled(OUT_OF_TIME, "its batch took too long", retry_after=retry_after)


class Budget:
    """The time budget of one send, starting now.

    Args:
        seconds: the total time.
    """

    def __init__(self, seconds: float = SEND_TIME_LIMIT) -> None:
        self._ends = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """The seconds left; zero or negative when the time is up."""
        return self._ends - time.monotonic()
