"""Items of the targets table."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

from notification_core.adapters.dynamodb.models.settings import OnDemand


class TargetItem(Model):
    """A target. The same table holds a `TargetNameItem` for each name."""

    class Meta(OnDemand):
        table_name = "targets"
        variable = "TARGETS_TABLE"

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
