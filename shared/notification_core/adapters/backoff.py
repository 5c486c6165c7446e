"""The wait before a request is repeated: exponential, with full jitter."""

import random

#: The longest wait before the first repetition is twice this, in seconds.
BASE_SECONDS = 0.05


def backoff(attempt: int, base: float = BASE_SECONDS) -> float:
    """Return a random number of seconds, of which the maximum doubles with each attempt.

    The randomness keeps clients that failed together from repeating their requests together.
    """
    return random.uniform(0, base * 2**attempt)  # noqa: S311 - not a secret
