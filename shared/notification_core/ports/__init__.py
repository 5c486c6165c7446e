"""The external dependencies of the use cases, as protocols.

`adapters/dynamodb`, `s3_contents` and `sqs_queues` implement them in the cloud, and `memory` in a
process. One contract test suite verifies that both behave the same.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from notification_core.domain.clock import Clock
from notification_core.domain.modules import Module
from notification_core.domain.notification_attributes import SearchIndex
from notification_core.ports.counters import CounterStore
from notification_core.ports.deployment import ModuleStore, TargetStore
from notification_core.ports.needs import (
    HasCheckExtra,
    HasClock,
    HasContainers,
    HasContents,
    HasCounters,
    HasDueShards,
    HasEvidence,
    HasHashIdentifier,
    HasJobs,
    HasModules,
    HasNotifications,
    HasOptOuts,
    HasQueues,
    HasRecords,
    HasSearchIndexes,
    HasSleep,
    HasSuppressions,
    HasTargets,
    HasTemplates,
    HasUserSettings,
)
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

__all__ = [
    "ContentStore",
    "CounterStore",
    "EvidenceStore",
    "HasCheckExtra",
    "HasClock",
    "HasContainers",
    "HasContents",
    "HasCounters",
    "HasDueShards",
    "HasEvidence",
    "HasHashIdentifier",
    "HasJobs",
    "HasModules",
    "HasNotifications",
    "HasOptOuts",
    "HasQueues",
    "HasRecords",
    "HasSearchIndexes",
    "HasSleep",
    "HasSuppressions",
    "HasTargets",
    "HasTemplates",
    "HasUserSettings",
    "JobStore",
    "ModuleStore",
    "NotificationStore",
    "OptOutStore",
    "Ports",
    "Queues",
    "RecordStore",
    "SuppressionStore",
    "TargetStore",
    "TemplateStore",
    "UserSettingsStore",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The external dependencies of the use cases, created once per process."""

    notifications: NotificationStore
    contents: ContentStore
    targets: TargetStore
    modules: ModuleStore
    templates: TemplateStore
    records: RecordStore
    user_settings: UserSettingsStore
    opt_outs: OptOutStore
    suppressions: SuppressionStore
    hash_identifier: Callable[[str], Sequence[str]]
    """Returns the keyed hashes of a text: with the current key, then with the previous keys.

    Raises Unavailable: there is no key.
    """
    queues: Queues
    jobs: JobStore
    evidence: EvidenceStore
    counters: CounterStore
    clock: Clock
    sleep: Callable[[float], None]
    """Waits for some seconds of the clock's time."""
    check_extra: Callable[[Module, Mapping[str, Any]], None]
    """Checks that the module's handler supports an `extra`. Raises InvalidInput."""
    due_shards: int
    containers: int
    """The maximum number of concurrent containers of one module's consumer."""
    search_indexes: frozenset[SearchIndex]
    """The indexes that this deployment has for searches."""
