"""A value of which a reader may see a version that is some seconds old."""

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
    """Keeps what `read` returned, for as long as that counts as recent.

    Args:
        read: reads the value anew.
        clock: tells how old the value is. It may be set back: then the value is read anew.
    """

    def __init__(self, read: Callable[[], Value], clock: Clock) -> None:
        self._read = read
        self._clock = clock
        self._kept: tuple[datetime, Value] | None = None
        self._lock = Lock()

    def get(self) -> Value:
        """Return the value as it was at most `FRESH_FOR` ago, and since the last change here."""
        # A read that began before a change holds the lock, so `changing` drops what it returned.
        with self._lock:
            now = self._clock()
            if self._kept is None or not timedelta(0) <= now - self._kept[0] < FRESH_FOR:
                self._kept = now, self._read()
            return self._kept[1]

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Change what is read; afterwards it is read anew, also where the change failed."""
        try:
            yield
        finally:
            with self._lock:
                self._kept = None
