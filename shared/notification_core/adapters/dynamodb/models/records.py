"""Items of the records table."""

from typing import Any

from pynamodb.attributes import (
    BooleanAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
)
from pynamodb.indexes import GlobalSecondaryIndex
from pynamodb.models import Model

from notification_core.adapters.dynamodb.models.settings import KeysOnly, OnDemand


class RecordsByTarget(GlobalSecondaryIndex[Any]):
    """The records of a target, to find out whether there are any."""

    class Meta(KeysOnly):
        index_name = "by_target"

    target = UnicodeAttribute(hash_key=True)


class RecordItem(Model):
    """A target user record.

    The same table holds an `AddressBookItem` for each user, an `AddressItem` for each address and a
    `UserSettingsItem` for each user with settings.
    """

    class Meta(OnDemand):
        table_name = "records"
        variable = "RECORDS_TABLE"

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


class UserSettingsItem(Model):
    """A user's settings: `id` is `settings#` and the user."""

    class Meta(RecordItem.Meta):
        pass

    id = UnicodeAttribute(hash_key=True)
    locale = UnicodeAttribute(null=True)
    time_zone = UnicodeAttribute(null=True)
