"""The indexes of the DynamoDB tables as PynamoDB models.

`tests/architecture` compares them with `template.yaml`, where parameters omit
`NotificationsByReference` and `NotificationsByProviderId`.
"""

from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection


class RecordsByTarget(GlobalSecondaryIndex[Any]):
    """The records of a target, to find out whether there are any."""

    class Meta:
        index_name = "by_target"
        projection = KeysOnlyProjection()

    target = UnicodeAttribute(hash_key=True)


class DueIndex(GlobalSecondaryIndex[Any]):
    """Due notifications by time: contains an item exactly while it is not final."""

    class Meta:
        index_name = "due"
        projection = KeysOnlyProjection()

    due_shard = UnicodeAttribute(hash_key=True)
    due_at = NumberAttribute(range_key=True)


class NotificationsByUser(GlobalSecondaryIndex[Any]):
    """A user's notifications by time."""

    class Meta:
        index_name = "by_user"
        projection = KeysOnlyProjection()

    user = UnicodeAttribute(hash_key=True)
    created_at = NumberAttribute(range_key=True)


class FailedIndex(GlobalSecondaryIndex[Any]):
    """Failed notifications by time: contains an item exactly while its status is a failure."""

    class Meta:
        index_name = "failed"
        projection = KeysOnlyProjection()

    failed_shard = UnicodeAttribute(hash_key=True)
    updated_at = NumberAttribute(range_key=True)


class NotificationsByReference(GlobalSecondaryIndex[Any]):
    """Notifications by their reference: contains no notification without one."""

    class Meta:
        index_name = "by_reference"
        projection = KeysOnlyProjection()

    reference = UnicodeAttribute(hash_key=True)
    created_at = NumberAttribute(range_key=True)


class NotificationsByProviderId(GlobalSecondaryIndex[Any]):
    """Notifications by the provider's id: contains those that a provider has accepted."""

    class Meta:
        index_name = "by_provider_id"
        projection = KeysOnlyProjection()

    provider_message_id = UnicodeAttribute(hash_key=True)
    created_at = NumberAttribute(range_key=True)


class RunningJobs(GlobalSecondaryIndex[Any]):
    """Running jobs by the time they stall: `stalled_at` is absent once a job has ended."""

    class Meta:
        index_name = "running"
        projection = KeysOnlyProjection()

    state = UnicodeAttribute(hash_key=True)
    stalled_at = NumberAttribute(range_key=True)
