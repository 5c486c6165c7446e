"""The DynamoDB tables as PynamoDB models: attributes and indexes, nothing else.

`tests/architecture` compares keys and indexes with `template.yaml`. Table names are set by
`runtime/wiring`. Times are numbers, epoch milliseconds; `expires_at` is epoch seconds, for TTL.
"""

from notification_core.adapters.dynamodb.models.jobs import JobItem, RunningJobs
from notification_core.adapters.dynamodb.models.modules import ModuleItem
from notification_core.adapters.dynamodb.models.notifications import (
    DueIndex,
    FailedIndex,
    NotificationItem,
    NotificationsByUser,
    PollItem,
)
from notification_core.adapters.dynamodb.models.opt_outs import OptOutItem, SuppressionItem
from notification_core.adapters.dynamodb.models.records import (
    AddressBookItem,
    AddressItem,
    RecordItem,
    RecordsByTarget,
)
from notification_core.adapters.dynamodb.models.targets import TargetItem, TargetNameItem

ALL = (
    TargetItem,
    TargetNameItem,
    RecordItem,
    AddressBookItem,
    AddressItem,
    OptOutItem,
    SuppressionItem,
    NotificationItem,
    PollItem,
    ModuleItem,
    JobItem,
)

__all__ = [
    "ALL",
    "AddressBookItem",
    "AddressItem",
    "DueIndex",
    "FailedIndex",
    "JobItem",
    "ModuleItem",
    "NotificationItem",
    "NotificationsByUser",
    "OptOutItem",
    "PollItem",
    "RecordItem",
    "RecordsByTarget",
    "RunningJobs",
    "SuppressionItem",
    "TargetItem",
    "TargetNameItem",
]
