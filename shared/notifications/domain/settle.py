"""What becomes of a claimed notification: the checks before the send, the outcome after it."""

from datetime import datetime

from notifications.domain.notification import MAY_HAVE_GONE, Notification
from notifications.domain.outcome import (
    Accepted,
    AddressGone,
    Blame,
    DeliveryFailed,
    MayHaveGone,
    Outcome,
)
from notifications.domain.recipients import Module, OptOut, TargetUserRecord
from notifications.domain.retry import postponement, wait_after


def objection(
    claimed: Notification,
    opt_out: OptOut | None,
    record: TargetUserRecord | None,
    now: datetime,
) -> Notification | None:
    """End a claimed notification that must not be sent; None when nothing stands against it."""
    if opt_out is not None and opt_out.active:
        return claimed.opted_out(now, "found before sending")
    if record is None:
        return claimed.inactive_device(now, AddressGone("record-deleted"))
    if not record.active:
        return claimed.inactive_device(now, AddressGone("record-inactive"))
    if claimed.deliver_before is not None and claimed.deliver_before <= now:
        return claimed.expired(now)
    return None


def settle(claimed: Notification, outcome: Outcome, module: Module, now: datetime) -> Notification:
    """Turn the end of an attempt into the notification's next state."""
    if isinstance(outcome, Accepted):
        return claimed.delivered(now, outcome.provider_message_id)
    match outcome.blame:
        case Blame.PERMANENT:
            return claimed.failed(now, outcome)
        case Blame.RECIPIENT:
            return claimed.inactive_device(now, outcome)
        case Blame.CONSENT:
            return claimed.refused_by_user(now, outcome)
        case Blame.THROTTLED | Blame.CONFIGURATION:
            return postpone(claimed, outcome, now)
        case Blame.AMBIGUOUS:
            return _ambiguous(claimed, outcome, module, now)
        case _:
            return _transient(claimed, outcome, module, now)


def postpone(claimed: Notification, failure: DeliveryFailed, now: datetime) -> Notification:
    """Put it back with no attempt spent."""
    wait = postponement(claimed.postponements, failure.retry_after)
    return claimed.postponed(now, failure, now + wait)


def lease_lapsed(abandoned: Notification, module: Module, now: datetime) -> Notification:
    """Settle an attempt whose consumer was never heard of again."""
    return settle(abandoned, MayHaveGone("lease-lapsed", "no outcome was recorded"), module, now)


def _transient(
    claimed: Notification, failure: DeliveryFailed, module: Module, now: datetime
) -> Notification:
    if claimed.attempt >= claimed.max_retries:
        return claimed.failed(now, failure)
    wait = wait_after(claimed.attempt, claimed.retry_time_interval, module.backoff_rate)
    return claimed.retried(now, failure, now + wait)


def _ambiguous(
    claimed: Notification, failure: DeliveryFailed, module: Module, now: datetime
) -> Notification:
    """At most one possible duplicate: the second ambiguous end is the last."""
    before = any(entry.event == MAY_HAVE_GONE for entry in claimed.timeline)
    out_of_attempts = claimed.attempt >= claimed.max_retries
    if module.on_unknown != "at_least_once" or before or out_of_attempts:
        return claimed.unknown(now, failure)
    wait = wait_after(claimed.attempt, claimed.retry_time_interval, module.backoff_rate)
    return claimed.may_have_gone(now, failure, now + wait)
