"""The stores in DynamoDB, by the names of their ports."""

from datetime import timedelta
from typing import TypedDict

from notification_core.adapters.dynamodb.fast.client import LowLevelClient
from notification_core.adapters.dynamodb.fast.notifications import DynamoNotifications
from notification_core.adapters.dynamodb.tables.jobs import DynamoJobs
from notification_core.adapters.dynamodb.tables.modules import DynamoModules
from notification_core.adapters.dynamodb.tables.opt_outs import DynamoOptOuts
from notification_core.adapters.dynamodb.tables.records import DynamoRecords
from notification_core.adapters.dynamodb.tables.suppression_list import DynamoSuppressionList
from notification_core.adapters.dynamodb.tables.targets import SETTLED_AFTER, DynamoTargets
from notification_core.adapters.dynamodb.tables.templates import DynamoTemplates
from notification_core.adapters.dynamodb.tables.user_settings import DynamoUserSettings
from notification_core.adapters.template_bodies import S3TemplateBodies
from notification_core.domain.clock import Clock


class DynamoStores(TypedDict):
    """A store for each port."""

    notifications: DynamoNotifications
    targets: DynamoTargets
    modules: DynamoModules
    templates: DynamoTemplates
    records: DynamoRecords
    user_settings: DynamoUserSettings
    opt_outs: DynamoOptOuts
    suppressions: DynamoSuppressionList
    jobs: DynamoJobs


def dynamodb_stores(
    client: LowLevelClient,
    clock: Clock,
    bodies: S3TemplateBodies,
    *,
    due_shards: int,
    retention: timedelta,
    settled_after: timedelta = SETTLED_AFTER,
) -> DynamoStores:
    """Return the stores.

    Args:
        client: the DynamoDB client of the hot path; the PynamoDB models have their own.
        clock: the current time.
        bodies: the large contents of templates.
        due_shards: see `DynamoNotifications`.
        retention: see `DynamoNotifications`.
        settled_after: see `DynamoTargets`.
    """
    return {
        "notifications": DynamoNotifications(client, due_shards, retention),
        "targets": DynamoTargets(clock, settled_after),
        "modules": DynamoModules(clock),
        "templates": DynamoTemplates(client, bodies, retention),
        "records": DynamoRecords(client),
        "user_settings": DynamoUserSettings(client),
        "opt_outs": DynamoOptOuts(client),
        "suppressions": DynamoSuppressionList(),
        "jobs": DynamoJobs(),
    }
