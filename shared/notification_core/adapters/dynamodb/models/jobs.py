"""Items of the jobs table."""

from typing import Any

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.indexes import GlobalSecondaryIndex
from pynamodb.models import Model

from notification_core.adapters.dynamodb.models.settings import KeysOnly, OnDemand


class RunningJobs(GlobalSecondaryIndex[Any]):
    """Running jobs by the time they stall: `stalled_at` is absent once a job has ended."""

    class Meta(KeysOnly):
        index_name = "running"

    state = UnicodeAttribute(hash_key=True)
    stalled_at = NumberAttribute(range_key=True)


class JobsByMonth(GlobalSecondaryIndex[Any]):
    """All jobs by their start. A step changes no key of it, so only the first write costs a unit.

    Jobs of releases before 1.1.0 have no month, and are not in it.
    """

    class Meta(KeysOnly):
        index_name = "by_month"

    month = UnicodeAttribute(hash_key=True)
    position = UnicodeAttribute(range_key=True)


class JobItem(Model):
    """A job."""

    class Meta(OnDemand):
        table_name = "jobs"
        variable = "JOBS_TABLE"

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
    started_by = UnicodeAttribute(null=True)
    month = UnicodeAttribute(null=True)
    position = UnicodeAttribute(null=True)
    created_at = NumberAttribute()
    updated_at = NumberAttribute()
    revision = NumberAttribute()
    expires_at = NumberAttribute()
    running = RunningJobs()
    by_month = JobsByMonth()
