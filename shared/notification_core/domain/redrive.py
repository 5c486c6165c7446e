"""Which failed notifications a person has tried again, and which of them must not go."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from notification_core.domain.addresses import TargetUserRecord
from notification_core.domain.attempt_policy import Blocker, blocker
from notification_core.domain.consent import OptOut
from notification_core.domain.modules import Module
from notification_core.domain.notification import Notification
from notification_core.domain.status import FAILED, Status

#: What is tried again unless the caller names others; UNKNOWN may have gone.
USUAL = frozenset({Status.DELIVERY_FAILURE, Status.INACTIVE_DEVICE})


class SkipReason(StrEnum):
    """Why one that was found is not tried again."""

    NOT_FAILED = "not_failed"  #: it went, waits, or was ended on purpose
    POSSIBLY_SENT = "possibly_sent"
    OPTED_OUT = "opted_out"
    NO_ACTIVE_RECORD = "no_active_record"
    EXPIRED = "expired"
    UNDEPLOYED = "undeployed"  #: its target's handler is not deployed any more


_SKIPPED: Mapping[Blocker, SkipReason] = {
    Blocker.OPTED_OUT: SkipReason.OPTED_OUT,
    Blocker.RECORD_DELETED: SkipReason.NO_ACTIVE_RECORD,
    Blocker.RECORD_INACTIVE: SkipReason.NO_ACTIVE_RECORD,
    Blocker.EXPIRED: SkipReason.EXPIRED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which failed notifications are meant. What is None or empty asks for nothing."""

    target: str | None = None  #: a target's id
    error_code: str | None = None
    statuses: frozenset[Status] = frozenset()

    def matches(self, notification: Notification) -> bool:
        """Whether a notification is meant; its code is the last error's or the last entry's."""
        error = notification.last_error
        codes = {error.code if error else "", notification.timeline[-1].code}
        return (
            self.target in {None, notification.target}
            and (self.error_code is None or self.error_code in codes)
            and (not self.statuses or notification.status in self.statuses)
        )


def skipped(
    notification: Notification,
    opt_out: OptOut | None,
    record: TargetUserRecord | None,
    module: Module | None,
    now: datetime,
    *,
    include_uncertain: bool,
) -> SkipReason | None:
    """Return why a notification must not be tried again; None when it may."""
    if notification.status not in FAILED:
        return SkipReason.NOT_FAILED
    if notification.possibly_sent_before and not include_uncertain:
        return SkipReason.POSSIBLY_SENT
    if module is None:
        return SkipReason.UNDEPLOYED
    against = blocker(notification, opt_out, record, module, now)
    return _SKIPPED[against] if against else None
