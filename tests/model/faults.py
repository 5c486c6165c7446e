"""Ports that fail: every call is a stop, and ends as its fate says."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Protocol

from notification_core.domain.due import DUE_PAGE, WakeUp
from notification_core.ports import Ports
from tests.builders import Watch
from tests.model.stepper import Actor, Fate, here, sleeper

#: Calls that change something: these may land after their caller is dead.
WRITES = frozenset(
    {
        "notifications.create",
        "notifications.claim",
        "notifications.advance",
        "notifications.remove",
        "notifications.add_poll",
        "notifications.replace_poll",
        "opt_outs.put",
        "opt_outs.remove",
        "records.add",
        "records.remove",
        "records.replace",
        "jobs.put",
        "queues.send",
        "queues.enqueue_job",
        "modules.advance_cursors",
        "modules.pause",
    }
)
#: What a request writes lands before its function's time is up, or never: an erasure relies on it.
OF_REQUESTS = frozenset({"notifications.create", "records.add", "records.replace"})
#: Calls of which a part may be carried out; their first argument is the items.
OF_MANY = frozenset({"notifications.claim", "notifications.advance"})


class Injected(Exception):
    """The port was made to fail."""


@dataclass(frozen=True)
class Late:
    """A write whose caller is dead."""

    carry_out: Callable[[], object]
    until: datetime | None  #: when it cannot land any more; None: it may at any time

    def land(self, now: datetime) -> None:
        """Let it arrive."""
        if self.until is None or now <= self.until:
            self.carry_out()


class Witness(Protocol):
    """Is told of all that is carried out, and for whom."""

    def before(self, actor: Actor | None, name: str, args: Sequence[Any]) -> None:
        """A call is about to be carried out."""
        ...

    def after(self, actor: Actor | None, name: str, args: Sequence[Any], result: Any) -> None:
        """A call was carried out."""
        ...


class Faults:
    """Makes calls of ports end as their fates say."""

    def __init__(self, witness: Witness) -> None:
        self.witness = witness
        self.on_their_way: list[Late] = []

    def call(self, name: str, function: Callable[..., Any], *args: Any, **named: Any) -> Any:
        """Make a call of a port: at once, or, for an actor, when and as it is told to."""
        actor = here()
        carry_out = partial(self._carry_out, actor, name, function, *args, **named)
        if actor is None:
            return carry_out()
        fate = actor.stop(name)
        if fate is Fate.KILLED_AFTER:
            carry_out()
            actor.die()
        if fate is Fate.KILLED_LATE:
            until = actor.ends_at if name in OF_REQUESTS else None
            self.on_their_way += [Late(carry_out, until)] if name in WRITES else []
            actor.die()
        if fate is Fate.REPEATED and name in WRITES:
            carry_out()
        if fate in {Fate.DONE, Fate.REPEATED}:
            return carry_out()
        if fate in {Fate.UNDECIDED, Fate.UNDECIDED_DONE} and name in OF_MANY:
            return self._undecided(actor, fate, name, function, *args)
        return self._refused(fate, name, carry_out)

    def _refused(self, fate: Fate, name: str, carry_out: Callable[[], object]) -> bool:
        if fate in {Fate.LOST, Fate.UNDECIDED_DONE}:
            carry_out()
        if not name.startswith("queues."):
            raise Injected(name)
        return False  # a queue does not raise: it says that it did not take all of them

    def _carry_out(
        self,
        actor: Actor | None,
        name: str,
        function: Callable[..., Any],
        *args: Any,
        **named: Any,
    ) -> Any:
        self.witness.before(actor, name, args)
        result = function(*args, **named)
        self.witness.after(actor, name, args, result)
        return result

    def _undecided(
        self,
        actor: Actor,
        fate: Fate,
        name: str,
        function: Callable[..., Any],
        items: Sequence[Any],
        *args: Any,
    ) -> list[Any]:
        done = items if fate is Fate.UNDECIDED_DONE else items[1:]
        results = self._carry_out(actor, name, function, done, *args) if done else []
        return [Injected(name), *results[len(done) - len(items[1:]) :]] if items else []


class FaultyPort:
    """Stands for any of the ports."""

    def __init__(self, name: str, port: Any, faults: Faults) -> None:
        self._name, self._port, self._faults = name, port, faults

    def __getattr__(self, method: str) -> Any:
        return partial(self._faults.call, f"{self._name}.{method}", getattr(self._port, method))

    def due(
        self, shard: str, after: WakeUp, until: int, size: int = DUE_PAGE
    ) -> Iterator[list[WakeUp]]:
        """Read each page only when it is asked for, as the real one does."""
        pages = self._port.due(shard, after, until, size)
        while page := self._faults.call("notifications.due", _next_page, shard, pages):
            yield page


def _next_page(_shard: str, pages: Iterator[list[WakeUp]]) -> list[WakeUp]:
    return next(pages, [])


#: The ports whose calls are stops. A module's and a target's description never changes.
FAULTY = (
    "notifications",
    "contents",
    "modules",
    "records",
    "opt_outs",
    "suppressions",
    "queues",
    "jobs",
    "evidence",
)


def faulty(ports: Ports, watch: Watch, faults: Faults) -> Ports:
    """Return the ports as an actor sees them; its clock is its own."""

    def clock() -> Any:
        actor = here()
        return watch() if actor is None else actor.clock()

    wrapped: dict[str, Any] = {
        name: FaultyPort(name, getattr(ports, name), faults) for name in FAULTY
    }
    return replace(ports, clock=clock, sleep=sleeper(watch), **wrapped)
