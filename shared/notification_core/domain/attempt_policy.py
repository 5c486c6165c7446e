"""The policy of a delivery attempt: the checks before the send, and the state that follows it."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from notification_core.domain import timeline
from notification_core.domain.addresses import TargetUserRecord
from notification_core.domain.consent import OptOut
from notification_core.domain.delivery import Accepted, Outcome, Unsent, failure_in
from notification_core.domain.failures import (
    DeliveryFailed,
    ErrorClass,
    InvalidAddress,
    OutcomeUnknown,
)
from notification_core.domain.modules import Module, OnUnknown
from notification_core.domain.notification import Notification
from notification_core.domain.retry import MAX_WAIT, REFUSALS, postponement, wait_after
from notification_core.domain.schedule import has_expired
from notification_core.domain.status import Status
from notification_core.domain.timeline import EventKind
from notification_core.domain.transitions import Transition


def is_opted_out(opt_out: OptOut | None, notification: Notification, module: Module) -> bool:
    """Whether the user has opted out of this notification and its category is not mandatory.

    An opt-out that came after the notification was created applies to it permanently
    (`OptOut.refuses`).
    """
    if opt_out is None or module.is_mandatory(notification.category):
        return False
    return opt_out.refuses(notification.target, notification.category, notification.created_at)


class Blocker(StrEnum):
    """The reason why a notification must not be sent."""

    OPTED_OUT = "opted-out"
    RECORD_DELETED = "record-deleted"
    RECORD_INACTIVE = "record-inactive"
    EXPIRED = "expired"


def blocker(
    notification: Notification,
    opt_out: OptOut | None,
    record: TargetUserRecord | None,
    module: Module,
    now: datetime,
) -> Blocker | None:
    """Return the reason why a notification must not be sent now, if there is one."""
    if is_opted_out(opt_out, notification, module):
        return Blocker.OPTED_OUT
    if record is None:
        return Blocker.RECORD_DELETED
    if not record.active:
        return Blocker.RECORD_INACTIVE
    return Blocker.EXPIRED if has_expired(notification.deliver_before, now) else None


def end_if_blocked(
    claimed: Notification,
    opt_out: OptOut | None,
    record: TargetUserRecord | None,
    module: Module,
    now: datetime,
) -> Notification | None:
    """End a claimed notification that must not be sent; return None when it may be sent."""
    match blocker(claimed, opt_out, record, module, now):
        case None:
            return None
        case Blocker.OPTED_OUT:
            return claimed.opted_out(now, "found before sending")
        case Blocker.EXPIRED:
            return claimed.expired(now)
        case record_blocker:
            return claimed.inactive_device(now, InvalidAddress(record_blocker.value))


def attempted(
    tried: Notification,
    outcome: Outcome | Unsent,
    module: Module,
    now: datetime,
    address: str | None = None,
) -> Transition:
    """Return the transition that an attempt with this outcome causes."""
    return Transition(tried, next_state(tried, outcome, module, now), failure_in(outcome), address)


def next_state(
    tried: Notification, outcome: Outcome | Unsent, module: Module, now: datetime
) -> Notification:
    """Return the notification's state after an attempt with this outcome.

    `tried` is SENDING, or it is SENT and its provider has reported the outcome.
    """
    if isinstance(outcome, Unsent):
        if outcome.failure is None:
            return tried.expired(now)
        outcome = outcome.failure
    if isinstance(outcome, Accepted):
        return accepted_state(tried, outcome, module, now)
    return _ENDS[outcome.error_class](tried, outcome, module, now)


def accepted_state(
    tried: Notification, outcome: Accepted, module: Module, now: datetime
) -> Notification:
    """Return the notification as SENT if its delivery will be confirmed, else as DELIVERED."""
    confirmation = None if outcome.unconfirmable else module.confirmation
    message_id, note = outcome.provider_message_id, outcome.note
    if confirmation is None:
        return tried.delivered(now, message_id, note)
    poll_at = confirmation.first_poll(now)
    until = confirmation.end(now) if poll_at is None else None
    return tried.sent(now, message_id, poll_at, note, awaited_until=until)


def postpone(tried: Notification, failure: DeliveryFailed, now: datetime) -> Notification:
    """Schedule another attempt without counting the current one."""
    wait = postponement(timeline.postponements(tried.timeline), failure.retry_after)
    return tried.postponed(now, failure, now + wait)


def lease_lapsed(abandoned: Notification, module: Module, now: datetime) -> Notification:
    """Return the state after an attempt whose consumer never recorded an outcome."""
    return next_state(
        abandoned, OutcomeUnknown("lease-lapsed", "no outcome was recorded"), module, now
    )


def record_after_attempt(
    record: TargetUserRecord, ended: Notification, failure: DeliveryFailed | None, module: Module
) -> TargetUserRecord:
    """Return the record after an attempt: deactivated, with a strike, cleared, or unchanged."""
    now = ended.updated_at
    if failure is None:
        delivered = ended.status is Status.DELIVERED
        return record.cleared(now) if delivered and record.active and record.strikes else record
    if failure.error_class is not ErrorClass.RECIPIENT or not record.active:
        return record
    if not failure.soft:
        return record.deactivated(failure, now)
    failed = ended.status is Status.DELIVERY_FAILURE
    return record.struck(failure, module.max_strikes, now) if failed else record


def _message(
    tried: Notification, failure: DeliveryFailed, _: Module, now: datetime
) -> Notification:
    return tried.failed(now, failure)


def _consent(
    tried: Notification, failure: DeliveryFailed, _: Module, now: datetime
) -> Notification:
    return tried.refused_by_user(now, failure)


def _throttled(
    tried: Notification, failure: DeliveryFailed, _: Module, now: datetime
) -> Notification:
    return postpone(tried, failure, now)


def _sender_fault(
    tried: Notification, failure: DeliveryFailed, module: Module, now: datetime
) -> Notification:
    """Schedule another attempt without counting the current one, up to a limit.

    A refusal pauses the module. Each refusal of a module that is not paused therefore means that
    the module worked for another recipient in between, so the cause lies with this recipient. An
    account that is over its quota is different: it works now and then for any recipient.
    """
    if module.pause is not None and tried.status is Status.SENDING:
        wait = postponement(timeline.postponements(tried.timeline), failure.retry_after)
        return tried.probed(now, failure, now + wait)
    works_for_others = timeline.refusals(tried.timeline, failure.code) + 1 >= REFUSALS
    if works_for_others and failure.error_class is ErrorClass.CONFIGURATION:
        return tried.failed(now, failure)
    return postpone(tried, failure, now)


def _recipient(
    tried: Notification, failure: DeliveryFailed, module: Module, now: datetime
) -> Notification:
    if failure.soft:
        return _limited(tried, failure, failure.retries, module, now)
    return tried.inactive_device(now, failure)


def _one_retry(
    tried: Notification, failure: DeliveryFailed, module: Module, now: datetime
) -> Notification:
    return _limited(tried, failure, 1, module, now)


def _transient(
    tried: Notification, failure: DeliveryFailed, module: Module, now: datetime
) -> Notification:
    if tried.attempt >= tried.max_retries:
        return tried.failed(now, failure)
    wait = wait_after(tried.attempt, tried.retry_time_interval, module.backoff_rate)
    requested = timedelta(seconds=min(failure.retry_after or 0, MAX_WAIT.total_seconds()))
    return tried.retried(now, failure, now + max(wait, requested))


def _limited(
    tried: Notification, failure: DeliveryFailed, retries: int, module: Module, now: datetime
) -> Notification:
    """Retry, but at most `retries` times for this error code."""
    if timeline.retries(tried.timeline, failure.code) >= retries:
        return tried.failed(now, failure)
    return _transient(tried, failure, module, now)


def _ambiguous(
    tried: Notification, failure: DeliveryFailed, module: Module, now: datetime
) -> Notification:
    """Retry after the first ambiguous outcome only, so that at most one duplicate is possible."""
    before = any(entry.event == EventKind.POSSIBLY_SENT for entry in tried.timeline)
    out_of_attempts = tried.attempt >= tried.max_retries
    if module.on_unknown is OnUnknown.AT_MOST_ONCE or before or out_of_attempts:
        return tried.unknown(now, failure)
    wait = wait_after(tried.attempt, tried.retry_time_interval, module.backoff_rate)
    return tried.possibly_sent(now, failure, now + wait)


#: The function that returns the state after a failure of each class.
_ENDS: Mapping[
    ErrorClass, Callable[[Notification, DeliveryFailed, Module, datetime], Notification]
] = {
    ErrorClass.RECIPIENT: _recipient,
    ErrorClass.CONSENT: _consent,
    ErrorClass.MESSAGE: _message,
    ErrorClass.CONFIGURATION: _sender_fault,
    ErrorClass.ACCOUNT: _sender_fault,
    ErrorClass.THROTTLED: _throttled,
    ErrorClass.TRANSIENT: _transient,
    ErrorClass.ONE_RETRY: _one_retry,
    ErrorClass.AMBIGUOUS: _ambiguous,
}
