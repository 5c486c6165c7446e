"""The ports in memory, for tests and for experiments without a cloud.

Notifications are in `notifications.py`, contents in `contents.py`, modules in `modules.py`. The
contract suite checks that all of them behave like the real stores.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from threading import RLock

from notification_core.domain.addresses import Address, Target, TargetUserRecord
from notification_core.domain.consent import OptOut
from notification_core.domain.due import QueueCounts, WakeUp
from notification_core.domain.erasure import SuppressionEntry
from notification_core.domain.errors import (
    NameTaken,
    NotificationError,
    RecordExists,
    TargetInUse,
    UnknownRecord,
    UnknownTarget,
)
from notification_core.domain.jobs import Job, JobState
from notification_core.domain.transitions import RecordChanged
from notification_core.domain.user_settings import UserSettings


class MemoryRecords:
    """A RecordStore."""

    def __init__(self, targets: "MemoryTargets") -> None:
        self.targets = targets
        self.stored: dict[str, TargetUserRecord] = {}
        targets.records = self

    def add(self, record: TargetUserRecord) -> None:
        with self.targets.lock:
            if record.target not in self.targets.stored:
                raise UnknownTarget
            self._refuse_same_address(record)
            self.stored[record.id] = record

    def add_all(self, records: Sequence[TargetUserRecord]) -> list[NotificationError | None]:
        errors: list[NotificationError | None] = []
        for record in records:
            try:
                self.add(record)
            except NotificationError as error:
                errors.append(error)
            else:
                errors.append(None)
        return errors

    def replace(self, before: TargetUserRecord, after: TargetUserRecord) -> None:
        if self.stored.get(before.id) == after:
            return  # a repeated request, because the response was lost
        if before.id not in self.stored:
            raise UnknownRecord
        if self.stored[before.id] != before:
            raise RecordChanged
        self._refuse_same_address(after)
        self.stored[after.id] = after

    def _refuse_same_address(self, record: TargetUserRecord) -> None:
        for other in self.stored.values():
            if other.id != record.id and Address.of(other) == Address.of(record):
                raise RecordExists

    def remove(self, record: TargetUserRecord) -> None:
        self.stored.pop(record.id, None)

    def get(self, ids: Iterable[str]) -> dict[str, TargetUserRecord]:
        return {record_id: self.stored[record_id] for record_id in ids if record_id in self.stored}

    def list_by_user(self, user: str) -> list[TargetUserRecord]:
        mine = [record for record in self.stored.values() if record.user == user]
        return sorted(mine, key=lambda record: (record.created_at, record.id))

    def list_by_users(self, users: Iterable[str]) -> dict[str, list[TargetUserRecord]]:
        return {user: records for user in users if (records := self.list_by_user(user))}

    def find_by_address(self, address: str) -> list[TargetUserRecord]:
        return self.find_by_addresses([address])

    def find_by_addresses(self, addresses: Iterable[str]) -> list[TargetUserRecord]:
        wanted = set(addresses)
        return [record for record in self.stored.values() if record.target_user_id in wanted]


class MemoryUserSettings:
    """A UserSettingsStore."""

    def __init__(self) -> None:
        self.stored: dict[str, UserSettings] = {}

    def put(self, settings: UserSettings) -> None:
        self.stored.pop(settings.user, None)
        if not settings.is_empty:
            self.stored[settings.user] = settings

    def get(self, users: Iterable[str]) -> dict[str, UserSettings]:
        return {user: self.stored[user] for user in users if user in self.stored}


class MemoryTargets:
    """A TargetStore."""

    def __init__(self) -> None:
        self.stored: dict[str, Target] = {}
        self.records: MemoryRecords | None = None
        self.lock = RLock()

    def add(self, target: Target) -> None:
        self._refuse_same_name(target)
        self.stored[target.id] = target

    def replace(self, before: Target, after: Target) -> None:
        if before.id not in self.stored:
            raise UnknownTarget
        self._refuse_same_name(after)
        self.stored[after.id] = after

    def _refuse_same_name(self, target: Target) -> None:
        if any(
            other.name == target.name and other.id != target.id for other in self.stored.values()
        ):
            raise NameTaken

    def remove(self, target: Target) -> None:
        with self.lock:
            records = self.records.stored.values() if self.records else ()
            if any(record.target == target.id for record in records):
                raise TargetInUse
            self.stored.pop(target.id, None)

    def all(self) -> list[Target]:
        return sorted(self.stored.values(), key=lambda target: target.name)

    def recent(self) -> list[Target]:
        return self.all()


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
        return {user: self.stored[user] for user in users if user in self.stored}

    def remove(self, opt_out: OptOut) -> bool:
        stored = self.stored.get(opt_out.user)
        if stored is not None and stored.revision != opt_out.revision:
            return False
        self.stored.pop(opt_out.user, None)
        return True


class MemorySuppressionList:
    """A SuppressionStore."""

    def __init__(self) -> None:
        self.stored: dict[str, SuppressionEntry] = {}

    def put(self, entries: Iterable[SuppressionEntry]) -> None:
        self.stored |= {entry.hash: entry for entry in entries}

    def get(self, hashes: Iterable[str]) -> list[SuppressionEntry]:
        return [self.stored[digest] for digest in sorted(set(hashes)) if digest in self.stored]

    def remove(self, entries: Iterable[SuppressionEntry]) -> None:
        for entry in entries:
            self.stored.pop(entry.hash, None)


class MemoryQueues:
    """Queues; `sent` holds every message with its delay, per module, for a test driver."""

    def __init__(self) -> None:
        self.sent: dict[str, list[tuple[WakeUp, int]]] = defaultdict(list)
        self.in_progress = 0  #: messages that consumers have, of any module
        self.jobs: list[str] = []
        self.job_delays: list[int] = []

    def send(self, module: str, wake_ups: Sequence[tuple[WakeUp, int]]) -> bool:
        self.sent[module] += wake_ups
        return True

    def depth(self, module: str) -> int:
        return sum(delay == 0 for _, delay in self.sent[module])

    def in_flight(self, module: str) -> int:
        del module
        return self.in_progress

    def counts(self, module: str) -> QueueCounts | None:
        return QueueCounts(queued=len(self.sent[module]), in_flight=0, dead_letters=0)

    def enqueue_job(self, job_id: str, delay: int = 0) -> bool:
        self.jobs.append(job_id)
        self.job_delays.append(delay)
        return True


class MemoryJobs:
    """A JobStore."""

    def __init__(self) -> None:
        self.stored: dict[str, Job] = {}

    def put(self, job: Job) -> bool:
        stored, wanted = self.stored.get(job.id), replace(job, revision=job.revision + 1)
        if job.revision != (stored.revision if stored else 0):
            return stored == wanted
        self.stored[job.id] = wanted
        return True

    def get(self, job_id: str) -> Job | None:
        return self.stored.get(job_id)

    def stalled(self, now: datetime) -> list[str]:
        stalled = [job for job in self.stored.values() if job.is_stalled(now)]
        return [job.id for job in sorted(stalled, key=lambda job: (job.stalled_at, job.id))]

    def running(self) -> list[str]:
        running = [job for job in self.stored.values() if job.state is JobState.RUNNING]
        return [job.id for job in sorted(running, key=lambda job: (job.stalled_at, job.id))]

    def list_month(self, month: str, limit: int, before: str | None = None) -> Sequence[Job]:
        jobs = [job for job in self.stored.values() if job.month == month]
        wanted = [job for job in jobs if before is None or job.position < before]
        return sorted(wanted, key=lambda job: job.position, reverse=True)[:limit]


class MemoryEvidence:
    """An EvidenceStore."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def put(self, name: str, text: str) -> None:
        self.kept[name] = text
