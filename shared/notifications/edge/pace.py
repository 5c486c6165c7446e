"""How fast one container sends, and until when.

A target's `max_per_second` is divided among as many containers as its event source may run at
once, so the limit holds without a shared counter.
"""

import time
from threading import Lock

from notifications.domain.modules import Module

#: Seconds that are kept at the end of a batch: for a send that has just begun, and to record.
RESERVE = 20.0


class Pace:
    """Gives each send of a container its moment.

    Args:
        containers: how many there may be at once.
    """

    def __init__(self, containers: int) -> None:
        self._containers = containers
        self._next = 0.0
        self._lock = Lock()

    def wait(self, module: Module, sends: int, deadline: float) -> bool:
        """Wait until so many sends may begin; false when that is past the deadline.

        `deadline` is a reading of `time.monotonic()`.
        """
        moment = self._book(module, sends)
        if moment > deadline:
            return False
        time.sleep(max(moment - time.monotonic(), 0))
        return True

    def _book(self, module: Module, sends: int) -> float:
        now = time.monotonic()
        if module.max_per_second is None:
            return now
        with self._lock:
            moment = max(self._next, now)
            self._next = moment + sends * self._containers / module.max_per_second
            return moment
