"""The stores of what is deployed: targets and handler modules."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol

from notification_core.domain.addresses import Target
from notification_core.domain.due import Progress, WakeUp
from notification_core.domain.modules import Module, Pause, PausedBy
from notification_core.domain.sender_refusals import Refusals


class TargetStore(Protocol):
    """Targets, and the modules that are deployed."""

    def add(self, target: Target) -> None:
        """Add a target. Raises NameTaken."""
        ...

    def replace(self, before: Target, after: Target) -> None:
        """Store a changed target. Raises NameTaken, UnknownTarget."""
        ...

    def remove(self, target: Target) -> None:
        """Remove a target; no records can be added to it meanwhile.

        Raises:
            TargetInUse: a record refers to it.
            Unavailable: another process has changed it meanwhile.
        """
        ...

    def all(self) -> list[Target]:
        """Return every target (strongly consistent); a deployment has a handful."""
        ...

    def recent(self) -> list[Target]:
        """Return every target, at most a few seconds old and with this store's own changes.

        A missing target may have been added since: read `all` before rejecting it.
        """
        ...


class ModuleStore(Protocol):
    """The deployed handler modules, and the dispatcher's progress with each."""

    def put(self, module: Module) -> None:
        """Store a module's manifest; its cursors and its pause stay."""
        ...

    def remove(self, name: str) -> None:
        """Remove a module that is no longer deployed."""
        ...

    def all(self) -> list[Module]:
        """Return every deployed module."""
        ...

    def recent(self) -> list[Module]:
        """Return every deployed module, as `TargetStore.recent`; its pause may be outdated."""
        ...

    def get(self, name: str) -> Module | None:
        """Return the module with this name."""
        ...

    def deployed(self) -> list[tuple[Module, Progress]]:
        """Return every deployed module and its progress (strongly consistent)."""
        ...

    def progress(self) -> Mapping[str, Progress]:
        """Return the progress of each deployed module; may be slightly outdated."""
        ...

    def save_shards(self, name: str, shards: int) -> None:
        """Store the number of shards of a deployed module, unless it has had more."""
        ...

    def advance_cursors(self, name: str, before: Progress, to: Mapping[str, WakeUp]) -> None:
        """Store the cursors of these shards in one write, if all are still as in `before`.

        No cursor is stored if another dispatcher has advanced one since `before` was read, because
        a cursor must not move back. No cursor is stored either if the module was resumed since,
        because a cursor would skip the wake-ups that were dropped during the pause.
        """
        ...

    def pause(self, name: str, pause: Pause) -> bool:
        """Pause a module; return false if it is already paused, or was never deployed.

        A person's pause replaces a pause with another cause, and returns true.
        """
        ...

    def resume(self, name: str, by: PausedBy | None = None) -> bool:
        """End a pause, or only a pause `by` this cause; return whether there was one.

        The module's shards are then dispatched from the beginning.
        """
        ...

    def sender_refusals(self, name: str) -> Refusals:
        """Return the reports of recipients' servers about the sender (strongly consistent)."""
        ...

    def replace_sender_refusals(self, name: str, before: Refusals, after: Refusals) -> bool:
        """Store the reports if they are still as `before`; return whether they were."""
        ...

    def begin_probe(self, name: str, now: datetime, every: timedelta) -> bool:
        """Return whether a probe is due; true for one caller only."""
        ...

    def begin_sweep(self, name: str, now: datetime, every: timedelta) -> bool:
        """Return whether a sweep is due; true for one caller only."""
        ...
