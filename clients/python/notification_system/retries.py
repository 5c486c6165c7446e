"""Decides which requests a client repeats, and after which wait.

A request is repeated only if that is safe. Every request to create notifications carries an
idempotency key, so it is repeated also when its response was lost. A request that must not be
processed twice is repeated only if the API certainly did not process it.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass

#: Statuses of a request that was not processed: API Gateway rejected it.
THROTTLED = frozenset({429})

#: Statuses of a request that may have been processed.
FAULTS = frozenset({500, 502, 503, 504})

#: Waits double from here, up to the longest, in seconds. Each is multiplied by a random factor
#: between a half and one, so that clients which failed together do not return together.
FIRST_WAIT = 0.25
LONGEST_WAIT = 8.0


@dataclass(frozen=True, slots=True)
class Retries:
    """The bounds of a client's retries.

    Args:
        attempts: the largest number of times that a request is sent; 1 switches retries off.
        within: seconds after the first attempt in which a retry may begin.
        jitter: returns a random factor from 0 to 1.
    """

    attempts: int = 6
    within: float = 90.0
    jitter: Callable[[], float] = random.random

    def wait(self, attempt: int, elapsed: float, retry_after: str | None) -> float | None:
        """Return the seconds to wait after attempt number `attempt`; None: do not try again.

        `retry_after` is the value of the `Retry-After` header (RFC 9110, in seconds); the wait is
        at least as long.
        """
        if attempt >= self.attempts:
            return None
        longest = min(FIRST_WAIT * 2.0 ** (attempt - 1), LONGEST_WAIT)
        wait = max(longest * (0.5 + self.jitter() / 2), _seconds(retry_after))
        return wait if elapsed + wait <= self.within else None


def may_repeat(status: int, *, idempotent: bool) -> bool:
    """Whether a request with this response may be sent again."""
    return status in THROTTLED or (idempotent and status in FAULTS)


def _seconds(text: str | None) -> float:
    try:
        return max(float(text or 0), 0.0)
    except ValueError:  # a date, which API Gateway does not send
        return 0.0
