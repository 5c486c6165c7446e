"""The DynamoDB tables as PynamoDB models: attributes and indexes, nothing else.

`tests/architecture` compares keys and indexes with `template.yaml`. `Meta.variable` is the
environment variable with a table's name, which `runtime/wiring` sets. Times are numbers, epoch
milliseconds; `expires_at` is epoch seconds, for TTL.
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
    UserSettingsItem,
)
from notification_core.adapters.dynamodb.models.targets import TargetItem, TargetNameItem
from notification_core.adapters.dynamodb.models.templates import (
    TemplateHeads,
    TemplateItem,
    TemplateVersionItem,
)

ALL = (
    TargetItem,
    TargetNameItem,
    RecordItem,
    AddressBookItem,
    AddressItem,
    UserSettingsItem,
    OptOutItem,
    SuppressionItem,
    NotificationItem,
    PollItem,
    ModuleItem,
    JobItem,
    TemplateItem,
    TemplateVersionItem,
)

#: The variables with the names of the tables.
VARIABLES = list(dict.fromkeys(model.Meta.variable for model in ALL))

__all__ = [
    "ALL",
    "VARIABLES",
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
    "TemplateHeads",
    "TemplateItem",
    "TemplateVersionItem",
    "UserSettingsItem",
]
