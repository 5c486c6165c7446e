# ruff: noqa: D101, D102 - `Ports` describes them
"""One protocol for each port. A use case combines those of the ports that it uses."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from notification_core.domain.clock import Clock
from notification_core.domain.modules import Module
from notification_core.domain.notification_attributes import SearchIndex
from notification_core.ports.counters import CounterStore
from notification_core.ports.deployment import ModuleStore, TargetStore
from notification_core.ports.notifications import ContentStore, NotificationStore
from notification_core.ports.queues import Queues
from notification_core.ports.stores import (
    EvidenceStore,
    JobStore,
    OptOutStore,
    RecordStore,
    SuppressionStore,
    UserSettingsStore,
)
from notification_core.ports.templates import TemplateStore


class HasNotifications(Protocol):
    @property
    def notifications(self) -> NotificationStore: ...


class HasContents(Protocol):
    @property
    def contents(self) -> ContentStore: ...


class HasTargets(Protocol):
    @property
    def targets(self) -> TargetStore: ...


class HasModules(Protocol):
    @property
    def modules(self) -> ModuleStore: ...


class HasTemplates(Protocol):
    @property
    def templates(self) -> TemplateStore: ...


class HasRecords(Protocol):
    @property
    def records(self) -> RecordStore: ...


class HasUserSettings(Protocol):
    @property
    def user_settings(self) -> UserSettingsStore: ...


class HasOptOuts(Protocol):
    @property
    def opt_outs(self) -> OptOutStore: ...


class HasSuppressions(Protocol):
    @property
    def suppressions(self) -> SuppressionStore: ...


class HasHashIdentifier(Protocol):
    @property
    def hash_identifier(self) -> Callable[[str], Sequence[str]]: ...


class HasQueues(Protocol):
    @property
    def queues(self) -> Queues: ...


class HasJobs(Protocol):
    @property
    def jobs(self) -> JobStore: ...


class HasCounters(Protocol):
    @property
    def counters(self) -> CounterStore: ...


class HasEvidence(Protocol):
    @property
    def evidence(self) -> EvidenceStore: ...


class HasClock(Protocol):
    @property
    def clock(self) -> Clock: ...


class HasSleep(Protocol):
    @property
    def sleep(self) -> Callable[[float], None]: ...


class HasCheckExtra(Protocol):
    @property
    def check_extra(self) -> Callable[[Module, Mapping[str, Any]], None]: ...


class HasDueShards(Protocol):
    @property
    def due_shards(self) -> int: ...


class HasContainers(Protocol):
    @property
    def containers(self) -> int: ...


class HasSearchIndexes(Protocol):
    @property
    def search_indexes(self) -> frozenset[SearchIndex]: ...
