"""Failed notifications, grouped by target and code: how many, since when, and until when."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from notification_core.domain.batches import batches
from notification_core.domain.clock import from_epoch_ms, to_epoch_ms
from notification_core.domain.failed_notification import FailedNotification
from notification_core.domain.paging import FailureEntry
from notification_core.domain.status import Status
from notification_core.ports import HasClock, HasNotifications, HasTargets
from notification_core.usecases.queries.pages import newest_entries
from notification_core.usecases.sending.shards import ShardPorts, shards_by_module

#: The most failures that are examined; these are the newest.
EXAMINED = 2000
#: Notifications of one read, and reads at the same time.
BATCH, PARALLEL = 100, 10


class FailureGroupPorts(ShardPorts, HasClock, HasNotifications, HasTargets, Protocol):
    """The ports that these use cases need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureGroup:
    """The failures of one target with one code."""

    target: str  #: the target's id
    module: str
    code: str  #: empty where no error gave a code
    statuses: Counter[Status]
    users: int  #: how many different users
    message: str  #: the text of the newest
    first: datetime
    last: datetime

    @property
    def count(self) -> int:
        """The number of failures."""
        return self.statuses.total()


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A failed notification, and when it failed."""

    notification: FailedNotification
    at: datetime


@dataclass(frozen=True, slots=True)
class Failures:
    """The newest failures, and whether these are all since the given time."""

    items: list[Failure]  #: newest first
    is_complete: bool

    def groups(self) -> list[FailureGroup]:
        """Return the groups: that with the most failures first, of equals that with the newest."""
        members: dict[tuple[str, str], list[Failure]] = {}
        for failure in self.items:
            key = (failure.notification.target, failure.notification.code)
            members.setdefault(key, []).append(failure)
        groups = [_group(failures) for failures in members.values()]
        return sorted(groups, key=lambda group: (group.count, group.last), reverse=True)

    def of(self, target: str, code: str) -> Iterator[Failure]:
        """Yield the failures of one group, newest first."""
        for failure in self.items:
            if (failure.notification.target, failure.notification.code) == (target, code):
                yield failure


def recent_failures(ports: FailureGroupPorts, since: datetime, limit: int = EXAMINED) -> Failures:
    """Return the newest failed notifications of all targets."""
    modules = {module.name for module in ports.modules.recent()}
    modules |= {target.notification_module_name for target in ports.targets.recent()}
    by_module = shards_by_module(ports, sorted(modules))
    shards = [shard for of_module in by_module.values() for shard in of_module]
    if not shards:
        return Failures([], is_complete=True)
    last, since_ms = FailureEntry(to_epoch_ms(ports.clock()), ""), to_epoch_ms(since)

    def read(shard: str) -> list[FailureEntry]:
        return ports.notifications.failed(shard, since_ms, last, limit)

    entries, is_all = newest_entries(shards, read, limit)
    is_complete = is_all and len(entries) <= limit
    return Failures(_read(ports, entries[:limit]), is_complete)


def _read(ports: HasNotifications, entries: Sequence[FailureEntry]) -> list[Failure]:
    groups = list(batches(entries, BATCH))
    with ThreadPoolExecutor(PARALLEL) as workers:
        read = workers.map(
            lambda batch: ports.notifications.failures([entry.id for entry in batch]), groups
        )
        stored = [notification for batch in read for notification in batch]
    return [
        Failure(notification=notification, at=from_epoch_ms(entry.at))
        for entry, notification in zip(entries, stored, strict=True)
        # The index lags behind: it may show a notification that was retried just now.
        if notification is not None
    ]


def _group(failures: Sequence[Failure]) -> FailureGroup:
    newest = failures[0].notification
    return FailureGroup(
        target=newest.target,
        module=newest.module,
        code=newest.code,
        statuses=Counter(_statuses(failures)),
        users=len({failure.notification.user for failure in failures}),
        message=newest.message,
        first=failures[-1].at,
        last=failures[0].at,
    )


def _statuses(failures: Iterable[Failure]) -> Iterator[Status]:
    return (failure.notification.status for failure in failures)
