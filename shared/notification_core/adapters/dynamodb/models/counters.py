"""Items of the table of counters, which only a deployment with the console has."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

from notification_core.adapters.dynamodb.models.settings import OnDemand


class CounterItem(Model):
    """Counts of one process in one hour, which `fast/counters.py` writes and reads."""

    class Meta(OnDemand):
        table_name = "counters"
        variable = "COUNTERS_TABLE"

    day = UnicodeAttribute(hash_key=True)  # with a shard: 2026-03-01#2
    position = UnicodeAttribute(range_key=True)  # the hour and the item: 2026-03-01T12#...
    counts = UnicodeAttribute()  # JSON text: {target: {status: {code: number}}}
    expires_at = NumberAttribute()
