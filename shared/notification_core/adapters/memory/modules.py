"""Deployed modules, their pauses and the dispatcher's progress in memory."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from threading import RLock

from notification_core.domain.due import Progress, WakeUp
from notification_core.domain.modules import Module, Pause, PausedBy
from notification_core.domain.sender_refusals import Refusals


class MemoryModules:
    """A ModuleStore."""

    def __init__(self) -> None:
        self.stored: dict[str, Module] = {}
        self._cursors: dict[str, dict[str, WakeUp]] = defaultdict(dict)
        self._shards: Counter[str] = Counter()
        self._resumptions: Counter[str] = Counter()
        self._swept: dict[str, datetime] = {}
        self._probed: dict[str, datetime] = {}
        self._refusals: dict[str, Refusals] = {}
        self._lock = RLock()

    def put(self, module: Module) -> None:
        stored = self.stored.get(module.name)
        self.stored[module.name] = replace(module, pause=stored.pause if stored else None)

    def remove(self, name: str) -> None:
        with self._lock:
            for kept in (self.stored, self._cursors, self._shards, self._resumptions):
                kept.pop(name, None)
            self._swept.pop(name, None)
            self._probed.pop(name, None)

    def all(self) -> list[Module]:
        return sorted(self.stored.values(), key=lambda module: module.name)

    def recent(self) -> list[Module]:
        return self.all()

    def get(self, name: str) -> Module | None:
        return self.stored.get(name)

    def deployed(self) -> list[tuple[Module, Progress]]:
        with self._lock:
            progress = self.progress()
            return [(module, progress[module.name]) for module in self.all()]

    def progress(self) -> Mapping[str, Progress]:
        with self._lock:
            return {
                name: Progress(
                    cursors=dict(self._cursors[name]),
                    noted_shards=self._shards[name],
                    resumptions=self._resumptions[name],
                    swept_at=self._swept.get(name),
                )
                for name in self.stored
            }

    def save_shards(self, name: str, shards: int) -> None:
        with self._lock:
            if name in self.stored:
                self._shards[name] = max(shards, self._shards[name])

    def advance_cursors(self, name: str, before: Progress, to: Mapping[str, WakeUp]) -> None:
        with self._lock:
            resumed = self._resumptions[name] != before.resumptions
            if not resumed and self._cursors[name] == before.cursors:
                self._cursors[name] |= to

    def pause(self, name: str, pause: Pause) -> bool:
        with self._lock:
            module = self.stored.get(name)
            if module is None:
                return False
            if not (module.pause is None or _outranks(pause, module.pause)):
                return module.pause == pause
            self.stored[name] = replace(module, pause=pause)
            return True

    def resume(self, name: str, by: PausedBy | None = None) -> bool:
        with self._lock:
            module = self.stored.get(name)
            if module is None or module.pause is None or by not in {None, module.pause.by}:
                return False
            self.stored[name] = replace(module, pause=None)
            self._cursors[name] = {}
            self._resumptions[name] += 1
            return True

    def sender_refusals(self, name: str) -> Refusals:
        return self._refusals.get(name, ())

    def replace_sender_refusals(self, name: str, before: Refusals, after: Refusals) -> bool:
        with self._lock:
            if name not in self.stored or self._refusals.get(name, ()) != before:
                return False
            self._refusals[name] = after
            return True

    def begin_probe(self, name: str, now: datetime, every: timedelta) -> bool:
        return self._begin(self._probed, name, now, every)

    def begin_sweep(self, name: str, now: datetime, every: timedelta) -> bool:
        return self._begin(self._swept, name, now, every)

    def _begin(
        self, begun: dict[str, datetime], name: str, now: datetime, every: timedelta
    ) -> bool:
        with self._lock:
            last = begun.get(name)
            if last is not None and now - last < every:
                return False
            begun[name] = now
            return True


def _outranks(pause: Pause, other: Pause) -> bool:
    return pause.by is PausedBy.PERSON and other.by is not PausedBy.PERSON
