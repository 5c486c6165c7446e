"""A cached value that may be some seconds old."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Lock
from typing import Generic, TypeVar

from notification_core.domain.clock import Clock

Value = TypeVar("Value")

#: How old a value may be. docs/api.md, "Targets", states it.
FRESH_FOR = timedelta(seconds=5)


class Recent(Generic[Value]):
    """Caches the result of `read` for `FRESH_FOR`.

    Args:
        read: reads the value.
        clock: measures the age of the value. If the clock is set back, the value is read again.
    """

    def __init__(self, read: Callable[[], Value], clock: Clock) -> None:
        self._read = read
        self._clock = clock
        self._kept: tuple[datetime, Value] | None = None
        self._lock = Lock()

    def get(self) -> Value:
        """Return the value, at most `FRESH_FOR` old and not older than the last local change."""
        # A read that started before a change holds the lock, so `changing` drops its result.
        with self._lock:
            now = self._clock()
            if self._kept is None or not timedelta(0) <= now - self._kept[0] < FRESH_FOR:
                self._kept = now, self._read()
            return self._kept[1]

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Change the value. Afterwards it is read again, even if the change failed."""
        try:
            yield
        finally:
            with self._lock:
                self._kept = None
