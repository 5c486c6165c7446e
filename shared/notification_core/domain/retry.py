"""The waits between attempts."""

import random
from datetime import timedelta

#: No wait grows beyond this, unless the caller's own interval is longer.
MAX_WAIT = timedelta(days=1)

#: A wait is extended by up to this share, so that notifications that failed together are not
#: retried together.
JITTER = 0.1

#: The wait after a throttle or a configuration error, when the provider does not name one. It
#: doubles each time, up to LONGEST_POSTPONED.
POSTPONED = timedelta(seconds=15)
LONGEST_POSTPONED = timedelta(minutes=5)

#: A configuration error ends a notification after this many refusals, if the target works for other
#: recipients.
REFUSALS = 5


def wait_after(failures: int, interval: int, backoff_rate: float) -> timedelta:
    """Return how long to wait after this many failed attempts (1 or more).

    `interval` seconds x `backoff_rate` ^ (failures - 1), never less, up to 10 % more.
    """
    # The cap applies long before a factor of 2^64, and a larger exponent would overflow a float.
    growth = backoff_rate ** min(failures - 1, 64)
    seconds = min(interval * growth, max(MAX_WAIT.total_seconds(), interval))
    return timedelta(seconds=stretched(seconds))


def postponement(times: int, retry_after: float | None) -> timedelta:
    """Return how long to postpone an attempt, after `times` postponements in a row."""
    if retry_after is None:
        growing = POSTPONED.total_seconds() * 2 ** min(times, 16)
        return timedelta(seconds=stretched(min(growing, LONGEST_POSTPONED.total_seconds())))
    return timedelta(seconds=stretched(min(max(retry_after, 1.0), MAX_WAIT.total_seconds())))


def stretched(seconds: float) -> float:
    """Return the wait with jitter added."""
    return seconds * (1 + random.uniform(0, JITTER))  # noqa: S311 - not a secret
