"""Limits how many large contents a container holds in memory at the same time."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition


class Permits:
    """A semaphore that grants several permits in one step.

    Two callers that need many permits therefore cannot block each other.

    Args:
        number: the number of permits.
    """

    def __init__(self, number: int) -> None:
        self._free = number
        self._changed = Condition()

    @contextmanager
    def held(self, number: int) -> Iterator[None]:
        """Hold this number of permits, at most all of them; waits until they are free."""
        if number == 0:
            yield
            return
        with self._changed:
            self._changed.wait_for(lambda: self._free >= number)
            self._free -= number
        try:
            yield
        finally:
            with self._changed:
                self._free += number
                self._changed.notify_all()
