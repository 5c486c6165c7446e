"""Watches the files of templates."""

from collections.abc import Iterable
from pathlib import Path
from threading import Condition, Event, Thread

from notification_system.cli.templates.preview.cached_workspace import Stamp, stamp_of

#: Seconds between two looks at the files. A look at a hundred files takes a millisecond.
INTERVAL = 0.25


class Watcher:
    """Numbers the states of the files below some paths; the number grows with each change."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._paths = tuple(paths)
        self._seen = self._look()
        self._changed = Condition()
        self._stopped = Event()
        self.revision = 0

    def start(self) -> None:
        """Watch in a thread, which does not keep the process alive."""
        Thread(target=self._watch, daemon=True, name="watcher").start()

    def stop(self) -> None:
        """Stop, and release everybody who waits."""
        self._stopped.set()
        with self._changed:
            self._changed.notify_all()

    @property
    def stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._stopped.is_set()

    def wait(self, revision: int, seconds: float) -> int:
        """Return the current revision: at once if it is another one, else within some seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self.revision != revision or self.stopped, seconds)
            return self.revision

    def look(self) -> None:
        """Look once; raise the revision if a file has changed."""
        seen = self._look()
        if seen != self._seen:
            self._seen = seen
            with self._changed:
                self.revision += 1
                self._changed.notify_all()

    def _watch(self) -> None:
        while not self._stopped.wait(INTERVAL):
            self.look()

    def _look(self) -> Stamp:
        return stamp_of(self._paths)
