"""The DynamoDB tables as PynamoDB models: their attributes, nothing else.

`tests/architecture` compares keys and indexes with `template.yaml`. Table names are set by
`runtime/wiring`. Times are numbers, epoch milliseconds; `expires_at` is epoch seconds, for TTL.
"""

from typing import Any

from pynamodb.attributes import (
    BooleanAttribute,
    ListAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
)
from pynamodb.constants import PAY_PER_REQUEST_BILLING_MODE
from pynamodb.models import Model

from notification_core.adapters.dynamodb.tables.indexes import (
    DueIndex,
    FailedIndex,
    NotificationsByProviderId,
    NotificationsByReference,
    NotificationsByUser,
    RecordsByTarget,
    RunningJobs,
)


class TargetItem(Model):
    """A target. The same table holds a `TargetNameItem` for each name."""

    class Meta:
        table_name = "targets"
        billing_mode = PAY_PER_REQUEST_BILLING_MODE

    id = UnicodeAttribute(hash_key=True)
    name = UnicodeAttribute(null=True)
    notification_module_name = UnicodeAttribute(null=True)
    created_at = NumberAttribute(null=True)
    updated_at = NumberAttribute(null=True)
    closed_at = NumberAttribute(null=True)  # set during removal, when no records can be added


class TargetNameItem(Model):
    """Keeps a target's name unique: `id` is `name#` and the name."""

    class Meta(TargetItem.Meta):
        pass

    id = UnicodeAttribute(hash_key=True)
    target = UnicodeAttribute()


class RecordItem(Model):
    """A target user record.

    The same table holds an `AddressBookItem` for each user and an `AddressItem` for each address.
    """

    class Meta:
        table_name = "records"
        billing_mode = PAY_PER_REQUEST_BILLING_MODE

    id = UnicodeAttribute(hash_key=True)
    user = UnicodeAttribute()
    target = UnicodeAttribute()
    target_user_id = UnicodeAttribute()
    description = UnicodeAttribute(default="")
    active = BooleanAttribute(default=True)
    deactivation = UnicodeAttribute(null=True)  # JSON text: [reason, code, epoch ms]
    strikes = NumberAttribute(default=0)
    created_at = NumberAttribute()
    updated_at = NumberAttribute()
    by_target = RecordsByTarget()


class AddressBookItem(Model):
    """All of a user's records: `id` is `user#` and the user.

    It lists records with strong consistency, unlike an index, and keeps addresses unique.
    """

    class Meta(RecordItem.Meta):
        pass

    id = UnicodeAttribute(hash_key=True)
    records = UnicodeSetAttribute(null=True)  # record ids
    addresses = UnicodeSetAttribute(null=True)  # a digest of each target and address


class AddressItem(Model):
    """The records with an address: `id` is `address#` and a digest of the address.

    The lookup is strongly consistent, so that the sender of a STOP message is found immediately.
    """

    class Meta(RecordItem.Meta):
        pass

    id = UnicodeAttribute(hash_key=True)
    records = UnicodeSetAttribute(null=True)  # record ids


class OptOutItem(Model):
    """A user's opt-outs."""

    class Meta:
        table_name = "opt_outs"
        billing_mode = PAY_PER_REQUEST_BILLING_MODE

    user = UnicodeAttribute(hash_key=True)
    # JSON texts, oldest first: [epoch ms, active, scope, source, evidence]
    entries = ListAttribute[Any](of=UnicodeAttribute)
    revision = NumberAttribute()
    created_at = NumberAttribute()
    updated_at = NumberAttribute()


class SuppressionItem(Model):
    """A suppression entry in the opt-outs table: `user` is `erased#` and a keyed hash.

    The key is longer than a user's id may be, so it cannot collide with a user's id.
    """

    class Meta(OptOutItem.Meta):
        pass

    user = UnicodeAttribute(hash_key=True)
    scopes = UnicodeSetAttribute()
    evidence = UnicodeAttribute()
    created_at = NumberAttribute()


class NotificationItem(Model):
    """A notification. Items stay under 1 KB, the unit in which writes are charged."""

    class Meta:
        table_name = "notifications"
        billing_mode = PAY_PER_REQUEST_BILLING_MODE

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
    content_key = UnicodeAttribute(null=True)  # replaces the three attributes of a large content
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


class ModuleItem(Model):
    """A deployed handler module; or, under `progress#` and its name, its dispatch progress.

    The two are separate because a write is charged by the size of its item: a manifest with its
    error table has up to 16 KB, and the dispatcher writes at each tick.
    """

    class Meta:
        table_name = "modules"
        billing_mode = PAY_PER_REQUEST_BILLING_MODE

    name = UnicodeAttribute(hash_key=True)
    manifest = UnicodeAttribute(null=True)  # JSON text: the module's target.json and errors.json
    pause = UnicodeAttribute(null=True)  # JSON text: [reason, code, epoch ms]; absent while active
    paused_by = UnicodeAttribute(null=True)
    shards = NumberAttribute(default=0)  # the highest number that the module has had
    sender_refusals = UnicodeAttribute(null=True)  # JSON text: [[epoch ms, hash of a domain], ...]
    # Attributes of the progress:
    cursors = UnicodeAttribute(null=True, attr_name="cursor_text")  # JSON: {shard: [due_at, id]}
    resumptions = NumberAttribute(default=0)
    swept_at = NumberAttribute(default=0)
    probed_at = NumberAttribute(default=0)


class JobItem(Model):
    """A job."""

    class Meta:
        table_name = "jobs"
        billing_mode = PAY_PER_REQUEST_BILLING_MODE

    id = UnicodeAttribute(hash_key=True)
    kind = UnicodeAttribute()
    state = UnicodeAttribute()
    dry_run = BooleanAttribute(default=False)
    asked = UnicodeAttribute()  # JSON text
    place = UnicodeAttribute()  # JSON text
    not_before = NumberAttribute(null=True)
    stalled_at = NumberAttribute(null=True)
    counts = UnicodeAttribute()  # JSON text
    error = UnicodeAttribute(null=True)
    created_at = NumberAttribute()
    updated_at = NumberAttribute()
    revision = NumberAttribute()
    expires_at = NumberAttribute()
    running = RunningJobs()


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
