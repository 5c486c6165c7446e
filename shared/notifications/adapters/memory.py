"""The ports in memory: for tests, and for trying the rules without a cloud.

Notifications are in `memory_notifications.py`. The contract suite holds both to the behaviour of
the real stores.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from threading import RLock

from notifications.domain.content import Content
from notifications.domain.errors import (
    NameTaken,
    RecordExists,
    TargetInUse,
    UnknownRecord,
    UnknownTarget,
)
from notifications.domain.recipients import Address, Module, OptOut, Target, TargetUserRecord
from notifications.ports import WakeUp


class MemoryContents:
    """A ContentStore that finds every content small enough."""

    def keep(self, entries: Sequence[tuple[str, Content, datetime]]) -> list[Content]:
        return [content for _, content, _ in entries]

    def load(self, contents: Sequence[Content]) -> list[Content]:
        return list(contents)


class MemoryRecords:
    """A RecordStore."""

    def __init__(self, targets: "MemoryTargets") -> None:
        self.targets = targets
        self.stored: dict[str, TargetUserRecord] = {}
        targets.records = self

    def add(self, record: TargetUserRecord) -> None:
        if record.target not in self.targets.stored:
            raise UnknownTarget
        self._refuse_same_address(record)
        self.stored[record.id] = record

    def replace(self, before: TargetUserRecord, after: TargetUserRecord) -> None:
        if before.id not in self.stored:
            raise UnknownRecord
        self._refuse_same_address(after)
        self.stored[after.id] = after

    def _refuse_same_address(self, record: TargetUserRecord) -> None:
        for other in self.stored.values():
            if other.id != record.id and Address.of(other) == Address.of(record):
                raise RecordExists

    def remove(self, record: TargetUserRecord) -> None:
        self.stored.pop(record.id, None)

    def get(self, ids: Iterable[str]) -> dict[str, TargetUserRecord]:
        return {each: self.stored[each] for each in ids if each in self.stored}

    def of_user(self, user: str) -> list[TargetUserRecord]:
        mine = [each for each in self.stored.values() if each.user == user]
        return sorted(mine, key=lambda each: (each.created_at, each.id))

    def deactivate(self, record_id: str, address: str, now: datetime) -> None:
        record = self.stored.get(record_id)
        if record is not None and record.target_user_id == address:
            self.stored[record_id] = replace(record, active=False, updated_at=now)


class MemoryTargets:
    """A TargetStore."""

    def __init__(self) -> None:
        self.stored: dict[str, Target] = {}
        self.records: MemoryRecords | None = None

    def add(self, target: Target) -> None:
        self._refuse_same_name(target)
        self.stored[target.id] = target

    def replace(self, before: Target, after: Target) -> None:
        if before.id not in self.stored:
            raise UnknownTarget
        self._refuse_same_name(after)
        self.stored[after.id] = after

    def _refuse_same_name(self, target: Target) -> None:
        if any(each.name == target.name and each.id != target.id for each in self.stored.values()):
            raise NameTaken

    def remove(self, target: Target) -> None:
        records = self.records.stored.values() if self.records else ()
        if any(each.target == target.id for each in records):
            raise TargetInUse
        self.stored.pop(target.id, None)

    def all(self) -> list[Target]:
        return sorted(self.stored.values(), key=lambda each: each.name)


class MemoryModules:
    """A ModuleStore."""

    def __init__(self) -> None:
        self.stored: dict[str, Module] = {}
        self._cursors: dict[str, dict[str, WakeUp]] = defaultdict(dict)
        self._swept: dict[str, datetime] = {}
        self._lock = RLock()

    def put(self, module: Module) -> None:
        self.stored[module.name] = module

    def remove(self, name: str) -> None:
        self.stored.pop(name, None)

    def all(self) -> list[Module]:
        return sorted(self.stored.values(), key=lambda each: each.name)

    def get(self, name: str) -> Module | None:
        return self.stored.get(name)

    def cursors(self, name: str) -> Mapping[str, WakeUp]:
        return dict(self._cursors[name])

    def advance_cursor(self, name: str, shard: str, to: WakeUp) -> None:
        with self._lock:
            self._cursors[name][shard] = max(to, self._cursors[name].get(shard, to))

    def begin_sweep(self, name: str, now: datetime, every: timedelta) -> bool:
        with self._lock:
            swept = self._swept.get(name)
            if swept is not None and now - swept < every:
                return False
            self._swept[name] = now
            return True


class MemoryOptOuts:
    """An OptOutStore."""

    def __init__(self) -> None:
        self.stored: dict[str, OptOut] = {}

    def put(self, opt_out: OptOut) -> OptOut:
        first = self.stored.get(opt_out.user, opt_out)
        self.stored[opt_out.user] = replace(opt_out, created_at=first.created_at)
        return self.stored[opt_out.user]

    def get(self, users: Iterable[str]) -> dict[str, OptOut]:
        return {each: self.stored[each] for each in users if each in self.stored}


class MemoryQueues:
    """Queues; `sent` holds every message with its delay, per module, for a driver to take."""

    def __init__(self) -> None:
        self.sent: dict[str, list[tuple[WakeUp, int]]] = defaultdict(list)

    def send(self, module: str, wake_ups: Sequence[tuple[WakeUp, int]]) -> bool:
        self.sent[module] += wake_ups
        return True

    def depth(self, module: str) -> int:
        return len(self.sent[module])
