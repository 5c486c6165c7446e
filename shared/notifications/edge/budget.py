"""How long one send may take, of however many steps or requests it consists."""

import time

from notifications.domain.timing import SEND_TIME_LIMIT


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
