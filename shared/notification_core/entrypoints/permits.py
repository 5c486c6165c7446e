"""How many large contents a container has in memory at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition


class Permits:
    """A semaphore that gives several permits in one step, so that two who need many cannot block.

    Args:
        number: how many there are.
    """

    def __init__(self, number: int) -> None:
        self._free = number
        self._changed = Condition()

    @contextmanager
    def held(self, number: int) -> Iterator[None]:
        """Hold so many, waiting for them if need be; no more than there are."""
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
