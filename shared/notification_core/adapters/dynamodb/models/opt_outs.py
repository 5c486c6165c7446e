"""Items of the opt-outs table."""

from typing import Any

from pynamodb.attributes import (
    ListAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
)
from pynamodb.models import Model

from notification_core.adapters.dynamodb.models.settings import OnDemand


class OptOutItem(Model):
    """A user's opt-outs."""

    class Meta(OnDemand):
        table_name = "opt_outs"
        variable = "OPT_OUTS_TABLE"

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
