"""The audit log of the console: who did what, when and why."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from notification_core.domain.months import month_of, position_of

#: How long an entry is kept: a year and a month.
KEPT = timedelta(days=396)
MAX_REASON = 500  #: characters
MAX_OUTCOME = 500  #: characters


class AuditAction(StrEnum):
    """What a person did."""

    UNMASK = "unmask"  #: showed a content or an address in full
    CANCEL = "cancel"
    RESCHEDULE = "reschedule"
    RETRY = "retry"  #: of one notification
    RETRY_MANY = "retry-many"  #: of failed notifications by a filter
    COUNT = "count"  #: of what such a retry would do
    PAUSE = "pause"
    RESUME = "resume"
    ACTIVATE = "activate-address"  #: one that was deactivated
    OPT_OUT = "opt-out"
    OPT_IN = "opt-in"
    ERASE = "erase"
    EXPORT = "export"
    STORE_TEMPLATE = "store-template"  #: a new version
    PUBLISH_TEMPLATE = "publish-template"  #: also an older version
    TEST_TEMPLATE = "test-template"  #: sent a message to an address of the team


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One change or one unmasking. It is stored before the change, and again with its outcome."""

    id: str
    at: datetime
    who: str  #: the person's name
    username: str  #: the person's id in the user pool
    action: str  #: one of `AuditAction`, or one that another version knows
    subject: str  #: such as `notification 5f0c…`, `user ann` or `target Email`
    reason: str = ""
    outcome: str = ""  #: empty until the change has ended
    job: str | None = None  #: the id of the job that it started

    @property
    def month(self) -> str:
        """The partition of the log that has the entry, such as `2026-11`."""
        return month_of(self.at)

    @property
    def position(self) -> str:
        """The entry's place in its month; a later entry has a greater one."""
        return position_of(self.at, self.id)
