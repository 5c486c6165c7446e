"""The rules of a redrive: which failed notifications it selects, and which of them it skips."""

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

#: The statuses that are retried by default. UNKNOWN is not among them: it may have been sent.
USUAL = frozenset({Status.DELIVERY_FAILURE, Status.INACTIVE_DEVICE})


class SkipReason(StrEnum):
    """Why a selected notification is not retried."""

    NOT_FAILED = "not_failed"  #: it was sent, is waiting, or was ended on purpose
    POSSIBLY_SENT = "possibly_sent"
    OPTED_OUT = "opted_out"
    NO_ACTIVE_RECORD = "no_active_record"
    EXPIRED = "expired"
    UNDEPLOYED = "undeployed"  #: its target's handler is no longer deployed


_SKIPPED: Mapping[Blocker, SkipReason] = {
    Blocker.OPTED_OUT: SkipReason.OPTED_OUT,
    Blocker.RECORD_DELETED: SkipReason.NO_ACTIVE_RECORD,
    Blocker.RECORD_INACTIVE: SkipReason.NO_ACTIVE_RECORD,
    Blocker.EXPIRED: SkipReason.EXPIRED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RedriveParameters:
    """What a redrive's job retries, and how fast. Jobs store these fields."""

    ids: list[str] | None  #: None for a filter
    target: str | None  #: a target's id
    error_code: str | None
    statuses: list[str]
    since: int  #: epoch ms: the earliest time of the failure
    until: int  #: epoch ms: the latest time of the failure
    include_uncertain: bool  #: include possibly sent ones
    max_per_second: float
    max_retries: int  #: attempts allowed from now on


@dataclass(frozen=True, slots=True)
class FailureCursor:
    """The progress of a redrive by filter through the failure index. Jobs store it as a list."""

    shard: int  #: its place among all shards
    at: int  #: epoch ms: the next entries failed at this time or before
    id: str = ""  #: the last entry that was read; empty for none


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Selects failed notifications. A field that is None or empty does not restrict them."""

    target: str | None = None  #: a target's id
    error_code: str | None = None
    statuses: frozenset[Status] = frozenset()

    def matches(self, notification: Notification) -> bool:
        """Whether a notification is selected.

        Its error code is that of the last error or of the last timeline entry.
        """
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
    """Return why a notification must not be retried; None when it may be."""
    if notification.status not in FAILED:
        return SkipReason.NOT_FAILED
    if notification.possibly_sent_before and not include_uncertain:
        return SkipReason.POSSIBLY_SENT
    if module is None:
        return SkipReason.UNDEPLOYED
    reason = blocker(notification, opt_out, record, module, now)
    return _SKIPPED[reason] if reason else None
