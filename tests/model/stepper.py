"""Runs use cases side by side, one port call at a time, in the order that a test says.

Each runs in a thread of its own, and only one of them runs at any moment: it stops before every
call of a port, and goes on when it is told to. So there are no races, and what failed fails again.
"""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from tests.builders import Watch


class Fate(Enum):
    """What becomes of one call of a port, and of whoever called."""

    DONE = "done"
    FAILED = "not carried out, and raises"
    LOST = "carried out, but its answer is lost: it raises all the same"
    REPEATED = "carried out, its answer is lost, and the adapter offers the same write once more"
    UNDECIDED = "one of its items is not carried out, and comes back as an exception"
    UNDECIDED_DONE = "one of its items is carried out, and comes back as an exception"
    KILLED = "not carried out: its caller dies"
    KILLED_AFTER = "carried out, and its caller dies"
    KILLED_LATE = "its caller dies while it is on its way; it may land at any time"


class Killed(BaseException):
    """The process dies at this very place: no `except Exception` sees it."""


class Actor:
    """One use case under way.

    Args:
        kind: what it does, in a word.
        work: the call of the use case.
        watch: the world's time.
        skew: how far its own clock is from that.
        limit: how long its process may live.
        then: is told when it has ended, however it did.
        about: what it is about, where an invariant has to know that.
    """

    def __init__(
        self,
        kind: str,
        work: Callable[[], object],
        watch: Watch,
        skew: timedelta,
        limit: timedelta,
        then: Callable[["Actor"], object],
        about: Any = None,
    ) -> None:
        self.kind, self.skew, self.then, self.about = kind, skew, then, about
        self._work, self._watch = work, watch
        self.ends_at = watch.now + limit
        self.at = "its beginning"  #: the call that it stands before
        self.came_at = self.clock()  #: when it came there, by its own clock
        self.alive, self.killed = True, False
        self.result: Any = None
        self.error: BaseException | None = None
        self.wakes_at: datetime | None = None  #: while it sleeps
        self._fate = Fate.DONE
        self._go, self._back = threading.Lock(), threading.Lock()
        self._go.acquire()
        self._back.acquire()
        threading.Thread(target=self._run, daemon=True).start()
        self.step(Fate.DONE)

    def __repr__(self) -> str:
        return f"{self.kind} before {self.at}" if self.alive else f"{self.kind}, ended"

    def clock(self) -> datetime:
        """Tell the time as its own machine does."""
        return self._watch.now + self.skew

    @property
    def is_overdue(self) -> bool:
        """Whether its process has been ended for it took too long."""
        return self._watch.now > self.ends_at

    @property
    def remaining(self) -> timedelta:
        """How long its process may still live."""
        return max(self.ends_at - self._watch.now, timedelta(0))

    def step(self, fate: Fate) -> None:
        """Let it make the call that it stands before, and go on to the next one or to its end."""
        if not self.alive:
            return
        if self.wakes_at is not None:
            self._watch.now = max(self._watch.now, self.wakes_at)
            self.wakes_at = None
        self._fate = Fate.KILLED if self.is_overdue else fate
        self._go.release()
        self._back.acquire()

    def go_on(self, until: str = "") -> None:
        """Let it run until it stands before this call, or to its end; nothing goes wrong."""
        while self.alive and self.at != until:
            self.step(Fate.DONE)

    def kill(self) -> None:
        """End its process where it stands."""
        self.step(Fate.KILLED)

    def stop(self, at: str) -> Fate:
        """Wait, in its own thread, until it may make this call; returns what becomes of that.

        Raises:
            Killed: the call is never made.
        """
        if self.killed:
            raise Killed
        self.at, self.came_at = at, self.clock()
        self._back.release()
        self._go.acquire()
        if self._fate is Fate.KILLED:
            self.die()
        return self._fate

    def die(self) -> None:
        """End its process. Raises Killed."""
        self.killed = True
        raise Killed

    def _run(self) -> None:
        _here.actor = self
        self._go.acquire()
        try:
            self.result = self._work()
        except Killed:
            pass
        except BaseException as error:  # noqa: BLE001 - whoever started it looks at it
            self.error = error
        finally:
            self.alive = False
            self._back.release()


class _Here(threading.local):
    actor: Actor | None = None


_here = _Here()


def here() -> Actor | None:
    """Return whose thread this is; None outside of all of them."""
    return _here.actor


def sleeper(watch: Watch) -> Callable[[float], None]:
    """Return what stands for `time.sleep`: it is a stop, and then it is later."""

    def sleep(seconds: float) -> None:
        actor, until = here(), watch.now + timedelta(seconds=seconds)
        if actor is None:
            watch.now = until
            return
        actor.wakes_at = until
        actor.stop("the end of its sleep")

    return sleep
