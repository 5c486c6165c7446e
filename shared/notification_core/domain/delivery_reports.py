"""Reports of a provider about a message that it accepted: callbacks, events, receipts and polls.

A report may arrive late, twice, in the wrong order, before our own record of the attempt, or for
an attempt that was given up. A status only moves forward.
"""

from dataclasses import replace
from datetime import datetime

from notification_core.domain import timeline
from notification_core.domain.attempt_policy import accepted_state, lease_lapsed, next_state
from notification_core.domain.delivery import (
    Accepted,
    ClassifiedReport,
    Complained,
    Confirmed,
    Delayed,
)
from notification_core.domain.errors import Unavailable
from notification_core.domain.failures import (
    DeliveryFailed,
    ErrorClass,
    OutcomeUnknown,
)
from notification_core.domain.modules import Module
from notification_core.domain.notification import Notification
from notification_core.domain.status import FAILED, TRANSITIONS, Status
from notification_core.domain.timeline import EventKind

SENT_AFTER_ALL = "the provider reports that it was sent"


def apply_report(
    notification: Notification, report: ClassifiedReport, module: Module, now: datetime
) -> Notification | None:
    """Return the notification after a report; None when the report changes nothing.

    Raises:
        Unavailable: an attempt is under way and the report may be about an earlier message. The
            report must be delivered again after the attempt, because only a report about the
            attempt's own message may end it.
    """
    if notification.status is Status.SENDING:
        return _while_sending(notification, report, module, now)
    if notification.status in {Status.SENT, Status.DELIVERED} and _is_latest(notification, report):
        confirm = _confirm if notification.status is Status.SENT else _after_delivery
        return confirm(notification, report, module, now)
    if isinstance(report.content, Confirmed | Complained):
        return _arrived(notification, report, module, now)
    if notification.status in {Status.RETRY, Status.SENT, *FAILED}:
        return _resolve(notification, report, module, now)
    return None


def _is_latest(notification: Notification, report: ClassifiedReport) -> bool:
    return report.provider_message_id == notification.provider_message_id


def _is_known_failure(tried: Notification, report: ClassifiedReport) -> bool:
    """Whether the report is about a message that is known to have failed."""
    failed = timeline.undelivered(tried.timeline)
    return _is_latest(tried, report) or report.provider_message_id in failed


def _while_sending(
    sending: Notification, report: ClassifiedReport, module: Module, now: datetime
) -> Notification | None:
    if _is_under_way(sending, report):
        return _overtake(sending, report, module, now)
    if sending.lease_lapsed(now):  # no consumer sends under this claim any more
        return apply_report(lease_lapsed(sending, module, now), report, module, now)
    if _matters_later(sending, report):
        raise Unavailable
    return None


def _is_under_way(sending: Notification, report: ClassifiedReport) -> bool:
    """Whether the report is certainly about the attempt under way."""
    if _is_known_failure(sending, report):
        return False
    if not timeline.took_before(sending.timeline):
        return report.attempt in {None, sending.attempt}
    return report.attempt == sending.attempt and not timeline.repeats_number(sending.timeline)


def _matters_later(sending: Notification, report: ClassifiedReport) -> bool:
    """Whether a report may change something once the attempt under way has ended."""
    if isinstance(report.content, Confirmed | Complained):
        return True
    if isinstance(report.content, OutcomeUnknown) or _is_known_failure(sending, report):
        return False
    return report.attempt in {None, sending.attempt} or timeline.doubts(sending.timeline) > 0


def _confirm(
    sent: Notification, report: ClassifiedReport, module: Module, now: datetime
) -> Notification | None:
    match report.content:
        case Confirmed() | Complained():
            return _accepted(sent, report, "", module, now)
        case Delayed(detail):
            latest = (sent.timeline[-1].event, sent.timeline[-1].detail)
            repeated = latest == (EventKind.DELAYED, detail)
            return None if repeated else sent.noted(now, EventKind.DELAYED, detail)
        case OutcomeUnknown():
            return None  # a report of an unknown outcome adds no information
        case DeliveryFailed() as failure:
            too_late = sent.status is Status.SENT and not sent.is_awaited(now)
            if too_late or failure.pause_after > 1:
                return _ended(sent, failure, now)
            return next_state(sent, failure, module, now)
        case _:
            return None


def _overtake(
    sending: Notification, report: ClassifiedReport, module: Module, now: datetime
) -> Notification | None:
    """Apply a report that arrives before our own record of the attempt, which is then too late."""
    match report.content:
        case OutcomeUnknown():
            return None
        case DeliveryFailed():
            # The provider accepted the message, so a repeated report is known to be about it.
            taken = replace(sending, provider_message_id=report.provider_message_id or None)
            return _confirm(taken.noted(now, EventKind.SENT, ""), report, module, now)
        case _:
            return _accepted(sending, report, "", module, now)


def _arrived(
    tried: Notification, report: ClassifiedReport, module: Module, now: datetime
) -> Notification | None:
    """Apply a report that a message arrived: perhaps an earlier one, perhaps after the last retry.

    The report counts if it is about the latest message, if the outcome of an attempt is unknown, or
    if a provider accepted several messages, because only the id of the latest of them is stored.
    """
    if Status.DELIVERED not in TRANSITIONS[tried.status]:
        return None
    is_ours = _is_latest(tried, report) or timeline.sends(tried.timeline) > 1
    if not is_ours and not timeline.doubts(tried.timeline):
        return None
    return _accepted(tried, report, SENT_AFTER_ALL, module, now)


def _resolve(
    uncertain: Notification, report: ClassifiedReport, module: Module, now: datetime
) -> Notification | None:
    """Apply a report that tells whether a message with an unknown outcome was sent."""
    if _is_known_failure(uncertain, report) or not timeline.doubts(uncertain.timeline):
        return None
    match report.content:
        case OutcomeUnknown():
            return None
        case DeliveryFailed() as failure:
            return _undelivered(uncertain, report, failure, now)
        case _ if uncertain.status in {Status.RETRY, Status.UNKNOWN}:
            taken_once = timeline.sends(uncertain.timeline) <= 1
            is_new = taken_once or _is_latest_attempt(uncertain, report)
            return _accepted(uncertain, report, SENT_AFTER_ALL, module, now) if is_new else None
        case _:
            return None


def _undelivered(
    uncertain: Notification, report: ClassifiedReport, failure: DeliveryFailed, now: datetime
) -> Notification | None:
    """Apply a report that a message with an unknown outcome failed.

    A notification that will be retried anyway keeps its status, and so does a notification with
    another message that may have been sent.
    """
    detail = timeline.OF_MESSAGE.join([report.provider_message_id, failure.message])
    noted = uncertain.noted(now, EventKind.UNDELIVERED, detail, failure.code)
    if uncertain.status is Status.UNKNOWN and _is_the_doubt(uncertain, report):
        return _ended(noted, failure, now)
    # When the provider accepted several messages, only the latest id is stored, so the report may
    # be about an earlier message.
    return None if timeline.sends(uncertain.timeline) > 1 else noted


def _is_the_doubt(unknown: Notification, report: ClassifiedReport) -> bool:
    """Whether a failure is of the latest attempt, or of the last attempt with unknown outcome."""
    if _is_latest_attempt(unknown, report):
        return True
    failed = timeline.undelivered(unknown.timeline)
    last = timeline.doubts(unknown.timeline) - len(failed) <= 1
    taken_once = timeline.sends(unknown.timeline) <= 1
    return last and taken_once and report.attempt in {None, unknown.retry_attempts}


def _is_latest_attempt(uncertain: Notification, report: ClassifiedReport) -> bool:
    """Whether a report is certainly about the latest attempt, which ended as UNKNOWN."""
    if uncertain.status is not Status.UNKNOWN or timeline.repeats_number(uncertain.timeline):
        return False
    return report.attempt == uncertain.retry_attempts


def _accepted(
    tried: Notification, report: ClassifiedReport, note: str, module: Module, now: datetime
) -> Notification:
    """Return the state after a report that the provider accepted, delayed or delivered it."""
    message_id = report.provider_message_id
    match report.content:
        case Confirmed():
            return tried.delivered(now, message_id, note)
        case Complained(code, detail):
            delivered = tried.delivered(now, message_id, note)
            return delivered.noted(now, EventKind.COMPLAINT, detail, code)
        case Delayed(detail):
            taken = accepted_state(tried, Accepted(message_id, note), module, now)
            sent = taken.status is Status.SENT
            return taken.noted(now, EventKind.DELAYED, detail) if sent else taken
        case _:
            return accepted_state(tried, Accepted(message_id, note), module, now)


def _ended(waited: Notification, failure: DeliveryFailed, now: datetime) -> Notification | None:
    """End a notification whose message failed, when it is too late to retry."""
    if isinstance(failure, OutcomeUnknown):
        return None
    if failure.error_class is ErrorClass.RECIPIENT and not failure.soft:
        return waited.inactive_device(now, failure)
    return waited.failed(now, failure)


def _after_delivery(
    delivered: Notification, report: ClassifiedReport, _: Module, now: datetime
) -> Notification | None:
    """Record a complaint or a bounce of a delivered message; the status stays."""
    match report.content:
        case Complained(code, detail):
            event = EventKind.COMPLAINT
        case OutcomeUnknown():
            return None
        case DeliveryFailed(code=code, message=detail):
            event = EventKind.RETURNED
        case _:
            return None
    repeated = any(entry.event == event for entry in delivered.timeline)
    return None if repeated else delivered.noted(now, event, detail, code)
