"""The send rate of one container, and its deadline.

A target's `max_per_second` is divided by the number of containers that its event source may run
concurrently, so the limit holds without a shared counter. The queue balances the containers: each
takes the wake-ups that it can send in one run, and returns the others in messages of a size that
any other container can take whole.
"""

import time
from collections.abc import Callable
from threading import Lock

from notification_core.adapters.sqs_queues import MESSAGES
from notification_core.domain.modules import Module
from notification_core.domain.timing import MAX_DELAY
from notification_core.usecases.sending.hand_back import Room

#: Seconds reserved at the end of a batch, for a send that has just started and to store outcomes.
RESERVE = 20.0


class RateLimiter:
    """Assigns a time slot to each send of a container.

    Only sends that will happen take a slot; rejected sends leave the schedule unchanged. The times
    at which rejected sends should come back are a separate schedule, at the target's full rate,
    because any container may take them.

    Args:
        containers: the highest number of concurrent containers.
        now: returns a time in seconds that never goes back.
        sleep: waits for some seconds of that time.
    """

    def __init__(
        self,
        containers: int,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.now, self._sleep = now, sleep
        self._containers = containers
        self._next = 0.0  #: when this container may send again
        self._again = 0.0  #: when the next rejected send should come back
        self._lock = Lock()

    def request_size(self, module: Module, most: int) -> int:
        """Return how many notifications one request may hold, at most `most`.

        The limit is the number that this container may send per second. Requests of several
        containers may start at the same moment, and together they must not hold more notifications
        than the target may send per second.
        """
        if module.max_per_second is None:
            return most
        return max(min(most, int(module.max_per_second / self._containers)), 1)

    def wait(self, module: Module, sends: int, deadline: float) -> bool:
        """Wait until this number of sends may start; False if that is after the deadline.

        `deadline` is a reading of `now`.
        """
        moment = self._book(module, sends, deadline)
        if moment > deadline:
            return False
        self._sleep(max(moment - self.now(), 0))
        return True

    def _book(self, module: Module, sends: int, deadline: float) -> float:
        now = self.now()
        if module.max_per_second is None:
            return now
        with self._lock:
            moment = max(self._next, now)
            if moment <= deadline:
                self._next = moment + sends * self._containers / module.max_per_second
            return moment

    def room(self, module: Module, wanted: int, deadline: float) -> Room | None:
        """Return how many of the `wanted` sends fit before the deadline; None without a limit."""
        if module.max_per_second is None:
            return None
        interval = self._containers / module.max_per_second
        with self._lock:
            now = self.now()
            window = deadline - max(self._next, now)
            # The last interval is reserved for the claim, which precedes the first send.
            sends = min(wanted, max(int(window / interval), int(window >= 0)))
            # Before that time, a run of the same length has no room in this container.
            soonest = now + max(-window, 0.0)
            delays = [
                int(self._come_again(module.max_per_second, now, soonest))
                for _ in range(wanted - sends)
            ]
        # One less than fits, because the previous run may have used a part of the interval.
        fits = int((deadline - now) / interval) - 1
        return Room(sends, delays, pack=max(fits // MESSAGES, 1))

    def refused(self, module: Module) -> float:
        """Return the seconds after which a claimed but rejected notification should come back."""
        if module.max_per_second is None:
            return 1.0
        with self._lock:
            now = self.now()
            return max(self._come_again(module.max_per_second, now, now), 1.0)

    def _come_again(self, max_per_second: float, now: float, soonest: float) -> float:
        """Return the next delay in seconds, limited to the longest delay of a queue."""
        moment = max(self._again, soonest)
        longest = MAX_DELAY.total_seconds()
        if moment - now >= longest:
            return longest  # takes no slot, because the time is too far away
        self._again = moment + 1 / max_per_second
        return moment - now
