"""How long one send may take, of however many steps or requests it consists."""

import time

from notification_core.domain.outcomes import Throttled
from notification_core.domain.timing import SEND_TIME_LIMIT

#: The code of what there was no time to begin.
OUT_OF_TIME = "out-of-time"


def out_of_time(retry_after: float = 1) -> Throttled:
    """Return the outcome of a send that was not begun: it goes back, with no attempt spent.

    `retry_after` is in seconds.
    """
    return Throttled(OUT_OF_TIME, "its batch took too long", retry_after=retry_after)


class Budget:
    """The time of one send, from now on.

    Args:
        seconds: altogether.
    """

    def __init__(self, seconds: float = SEND_TIME_LIMIT) -> None:
        self._ends = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds; none or less when the time is up."""
        return self._ends - time.monotonic()
