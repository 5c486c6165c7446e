"""Items of the notifications table."""

from typing import Any

from pynamodb.attributes import ListAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.indexes import GlobalSecondaryIndex
from pynamodb.models import Model

from notification_core.adapters.dynamodb.models.settings import KeysOnly, OnDemand


class DueIndex(GlobalSecondaryIndex[Any]):
    """Due notifications by time: contains an item exactly while it is not final."""

    class Meta(KeysOnly):
        index_name = "due"

    due_shard = UnicodeAttribute(hash_key=True)
    due_at = NumberAttribute(range_key=True)


class NotificationsByUser(GlobalSecondaryIndex[Any]):
    """A user's notifications by time."""

    class Meta(KeysOnly):
        index_name = "by_user"

    user = UnicodeAttribute(hash_key=True)
    created_at = NumberAttribute(range_key=True)


class FailedIndex(GlobalSecondaryIndex[Any]):
    """Failed notifications by time: contains an item exactly while its status is a failure."""

    class Meta(KeysOnly):
        index_name = "failed"

    failed_shard = UnicodeAttribute(hash_key=True)
    updated_at = NumberAttribute(range_key=True)


class NotificationsByReference(GlobalSecondaryIndex[Any]):
    """Notifications by their reference: contains no notification without one.

    The template's parameter `ReferenceIndex` omits it.
    """

    class Meta(KeysOnly):
        index_name = "by_reference"

    reference = UnicodeAttribute(hash_key=True)
    created_at = NumberAttribute(range_key=True)


class NotificationsByProviderId(GlobalSecondaryIndex[Any]):
    """Notifications by the provider's id: contains those that a provider has accepted.

    The template's parameter `ProviderIdIndex` omits it.
    """

    class Meta(KeysOnly):
        index_name = "by_provider_id"

    provider_message_id = UnicodeAttribute(hash_key=True)
    created_at = NumberAttribute(range_key=True)


class NotificationItem(Model):
    """A notification. Items stay under 1 KB, the unit in which writes are charged."""

    class Meta(OnDemand):
        table_name = "notifications"
        variable = "NOTIFICATIONS_TABLE"

    id = UnicodeAttribute(hash_key=True)
    user = UnicodeAttribute()
    target = UnicodeAttribute()
    target_user_record = UnicodeAttribute()
    module = UnicodeAttribute()
    category = UnicodeAttribute(null=True)
    reference = UnicodeAttribute(null=True)
    title = UnicodeAttribute(null=True)
    body = UnicodeAttribute(null=True)
    extra = UnicodeAttribute(null=True)  # JSON text; absent when empty
    content_key = UnicodeAttribute(null=True)  # replaces the content of a large one
    template = UnicodeAttribute(null=True)  # "name@version|locale|source|wanted|time zone|test"
    data = UnicodeAttribute(null=True)  # JSON text, of a template; replaces title and body
    sms = UnicodeAttribute(null=True)  # "encoding|characters|units|segments", of an SMS
    status = UnicodeAttribute()
    scheduled_delivery = NumberAttribute()
    attempted_delivery = NumberAttribute(null=True)
    deliver_before = NumberAttribute(null=True)
    retry_time_interval = NumberAttribute()
    retry_attempts = NumberAttribute()
    max_retries = NumberAttribute()
    due_shard = UnicodeAttribute(null=True)
    due_at = NumberAttribute(null=True)
    awaited_until = NumberAttribute(null=True)
    failed_shard = UnicodeAttribute(null=True)
    token = UnicodeAttribute(null=True)
    lease_until = NumberAttribute(null=True)
    provider_message_id = UnicodeAttribute(null=True)
    last_error = UnicodeAttribute(null=True)  # JSON text: [class, code, message]
    fingerprint = UnicodeAttribute(null=True)
    sibling_records = UnicodeAttribute(null=True)  # ids, separated by spaces
    timeline = ListAttribute[Any](of=UnicodeAttribute)  # "epoch ms|event|code|detail"
    created_at = NumberAttribute()
    updated_at = NumberAttribute()
    expires_at = NumberAttribute(null=True)
    due = DueIndex()
    failed = FailedIndex()
    by_user = NotificationsByUser()
    by_reference = NotificationsByReference()
    by_provider_id = NotificationsByProviderId()


class PollItem(Model):
    """A poll in the notifications table. It has no user or status, and only `due` indexes it."""

    class Meta(NotificationItem.Meta):
        pass

    id = UnicodeAttribute(hash_key=True)
    module = UnicodeAttribute()
    polled = UnicodeAttribute()  # ids, separated by spaces
    sent_at = NumberAttribute()
    due_shard = UnicodeAttribute()
    due_at = NumberAttribute()
