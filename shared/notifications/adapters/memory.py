"""The ports in memory: for tests, and for trying the rules without a cloud.

Notifications are in `memory_notifications.py`. The contract suite holds both to the behaviour of
the real stores.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from threading import RLock

from notifications.domain.consent import OptOut
from notifications.domain.content import Content
from notifications.domain.erasure import Tombstone
from notifications.domain.errors import (
    NameTaken,
    RecordExists,
    TargetInUse,
    UnknownRecord,
    UnknownTarget,
)
from notifications.domain.jobs import Job
from notifications.domain.modules import Module, Pause, PausedBy
from notifications.domain.notification import Notification
from notifications.domain.recipients import Address, Target, TargetUserRecord
from notifications.domain.sender_refusals import Refusals
from notifications.ports import QueueCounts, RecordMoved, WakeUp


class MemoryContents:
    """A ContentStore that finds every content small enough."""

    def keep(self, notifications: Sequence[Notification]) -> list[Content]:
        return [each.content for each in notifications]

    def load(self, contents: Sequence[Content]) -> list[Content]:
        return list(contents)

    def remove_some(self, user: str) -> int:
        del user
        return 0


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
        if self.stored[before.id] != before:
            raise RecordMoved
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

    def holding(self, address: str) -> list[TargetUserRecord]:
        return [each for each in self.stored.values() if each.target_user_id == address]


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
        self._probed: dict[str, datetime] = {}
        self._refusals: dict[str, Refusals] = {}
        self._lock = RLock()

    def put(self, module: Module) -> None:
        known = self.stored.get(module.name)
        self.stored[module.name] = replace(module, pause=known.pause if known else None)

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

    def pause(self, name: str, pause: Pause) -> bool:
        with self._lock:
            module = self.stored.get(name)
            if module is None or not (module.pause is None or _outranks(pause, module.pause)):
                return False
            self.stored[name] = replace(module, pause=pause)
            return True

    def resume(self, name: str, by: PausedBy | None = None) -> bool:
        with self._lock:
            module = self.stored.get(name)
            if module is None or module.pause is None or by not in {None, module.pause.by}:
                return False
            self.stored[name] = replace(module, pause=None)
            self._cursors[name] = {}
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


class MemoryOptOuts:
    """An OptOutStore."""

    def __init__(self) -> None:
        self.stored: dict[str, OptOut] = {}

    def put(self, opt_out: OptOut) -> bool:
        stored = self.stored.get(opt_out.user)
        if opt_out.revision != (stored.revision if stored else 0):
            return False
        self.stored[opt_out.user] = replace(opt_out, revision=opt_out.revision + 1)
        return True

    def get(self, users: Iterable[str]) -> dict[str, OptOut]:
        return {each: self.stored[each] for each in users if each in self.stored}

    def remove(self, opt_out: OptOut) -> bool:
        stored = self.stored.get(opt_out.user)
        if stored is not None and stored.revision != opt_out.revision:
            return False
        self.stored.pop(opt_out.user, None)
        return True


class MemoryTombstones:
    """A TombstoneStore."""

    def __init__(self) -> None:
        self.stored: dict[str, Tombstone] = {}

    def put(self, tombstones: Iterable[Tombstone]) -> None:
        self.stored |= {each.hash: each for each in tombstones}

    def get(self, hashes: Iterable[str]) -> list[Tombstone]:
        return [self.stored[each] for each in sorted(set(hashes)) if each in self.stored]

    def remove(self, tombstones: Iterable[Tombstone]) -> None:
        for each in tombstones:
            self.stored.pop(each.hash, None)


class MemoryQueues:
    """Queues; `sent` holds every message with its delay, per module, for a driver to take."""

    def __init__(self) -> None:
        self.sent: dict[str, list[tuple[WakeUp, int]]] = defaultdict(list)
        self.jobs: list[str] = []
        self.job_delays: list[int] = []

    def send(self, module: str, wake_ups: Sequence[tuple[WakeUp, int]]) -> bool:
        self.sent[module] += wake_ups
        return True

    def depth(self, module: str) -> int:
        return len(self.sent[module])

    def counts(self, module: str) -> QueueCounts | None:
        return QueueCounts(queued=self.depth(module), in_flight=0, dead_letters=0)

    def work_on(self, job_id: str, delay: int = 0) -> bool:
        self.jobs.append(job_id)
        self.job_delays.append(delay)
        return True


class MemoryJobs:
    """A JobStore."""

    def __init__(self) -> None:
        self.stored: dict[str, Job] = {}

    def put(self, job: Job) -> bool:
        stored = self.stored.get(job.id)
        if job.revision != (stored.revision if stored else 0):
            return False
        self.stored[job.id] = replace(job, revision=job.revision + 1)
        return True

    def get(self, job_id: str) -> Job | None:
        return self.stored.get(job_id)


class MemoryEvidence:
    """An EvidenceStore."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def keep(self, name: str, text: str) -> None:
        self.kept[name] = text
