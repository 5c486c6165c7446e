"""How fast one container sends, and until when.

A target's `max_per_second` is divided among as many containers as its event source may run at
once, so the limit holds without a shared counter. The queue balances the containers: each takes
what it can send in one run, and hands the rest back in messages that any other can take whole.
"""

import time
from threading import Lock

from notification_core.adapters.sqs_queues import MESSAGES
from notification_core.domain.modules import Module
from notification_core.domain.timing import MAX_DELAY
from notification_core.usecases.sending.hand_back import Room

#: Seconds that are kept at the end of a batch: for a send that has just begun, and to record.
RESERVE = 20.0


class RateLimiter:
    """Gives each send of a container its moment.

    Only what will be sent gets one: whatever is refused leaves the book of moments as it was. When
    the refused ones should come again is a book of its own, at the target's whole rate, because
    any container may take them then.

    Args:
        containers: how many there may be at once.
    """

    def __init__(self, containers: int) -> None:
        self._containers = containers
        self._next = 0.0  #: when this container may send again
        self._again = 0.0  #: when the next refused one should come again
        self._lock = Lock()

    def request_size(self, module: Module, most: int) -> int:
        """Return how many notifications one request may hold, of so many that the provider takes.

        It is what this container may send in a second: requests of several containers begin in the
        same moment, and together they must not hold more than the target may send in a second.
        """
        if module.max_per_second is None:
            return most
        return max(min(most, int(module.max_per_second / self._containers)), 1)

    def wait(self, module: Module, sends: int, deadline: float) -> bool:
        """Wait until so many sends may begin; false when that is past the deadline.

        `deadline` is a reading of `time.monotonic()`.
        """
        moment = self._book(module, sends, deadline)
        if moment > deadline:
            return False
        time.sleep(max(moment - time.monotonic(), 0))
        return True

    def _book(self, module: Module, sends: int, deadline: float) -> float:
        now = time.monotonic()
        if module.max_per_second is None:
            return now
        with self._lock:
            moment = max(self._next, now)
            if moment <= deadline:
                self._next = moment + sends * self._containers / module.max_per_second
            return moment

    def room(self, module: Module, wanted: int, deadline: float) -> Room | None:
        """Return how many of so many sends fit before the deadline; None for an unpaced target."""
        if module.max_per_second is None:
            return None
        interval = self._containers / module.max_per_second
        with self._lock:
            now = time.monotonic()
            window = deadline - max(self._next, now)
            # The last interval is left for the claim, which comes before the first send.
            sends = min(wanted, max(int(window / interval), int(window >= 0)))
            # A run of the same length has no room in this container before that.
            soonest = now + max(-window, 0.0)
            delays = [
                int(self._come_again(module.max_per_second, now, soonest))
                for _ in range(wanted - sends)
            ]
        # One less than what fits, because the run before may have used a part of the interval.
        fits = int((deadline - now) / interval) - 1
        return Room(sends, delays, pack=max(fits // MESSAGES, 1))

    def refused(self, module: Module) -> float:
        """Return in how many seconds a claimed notification should come again that was refused."""
        if module.max_per_second is None:
            return 1.0
        with self._lock:
            now = time.monotonic()
            return max(self._come_again(module.max_per_second, now, now), 1.0)

    def _come_again(self, max_per_second: float, now: float, soonest: float) -> float:
        """Return the next delay in seconds, at most what a queue takes."""
        moment = max(self._again, soonest)
        longest = MAX_DELAY.total_seconds()
        if moment - now >= longest:
            return longest  # not booked: it is too far off to be kept
        self._again = moment + 1 / max_per_second
        return moment - now
