"""What a provider says of a message after it took it: by callback, event, receipt or look-up.

It may come late, twice, in the wrong order, before our own record of the attempt, or for an
attempt that was given up. A status only moves forward.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from notifications.domain import timeline
from notifications.domain.modules import Module
from notifications.domain.notification import Notification
from notifications.domain.outcome import (
    Accepted,
    Complained,
    Confirmed,
    Delayed,
    DeliveryFailed,
    ErrorClass,
    MayHaveGone,
    News,
    ProviderError,
)
from notifications.domain.settle import accepted, settle
from notifications.domain.status import Status

#: How soon a provider is asked that there was no time to ask.
ASK_AGAIN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One thing that a provider says of one message."""

    notification_id: str
    provider_message_id: str
    attempt: int | None = None  #: which attempt's message it is, where the provider repeats that
    news: News | ProviderError  #: a provider's code, or what it was judged to be


def judged(report: Report, module: Module) -> News:
    """Return the news, a provider's code judged by its module's table."""
    return module.errors.judged(report.news)


def told(
    notification: Notification, report: Report, module: Module, now: datetime
) -> Notification | None:
    """Return the notification with the news; None when they change nothing."""
    news = judged(report, module)
    report = replace(report, news=news)
    match notification.status:
        case Status.SENT if _is_latest(notification, report):
            return _confirm(notification, report, module, now)
        case Status.SENDING if _overtakes(notification, report):
            return _overtake(notification, report, module, now)
        case Status.RETRY | Status.UNKNOWN if _overtakes(notification, report):
            return _resolve(notification, report, module, now)
        case Status.DELIVERED if _is_latest(notification, report):
            return _regret(notification, news, now)
        case _:
            return None


def looked(sent: Notification, module: Module, now: datetime) -> Notification:
    """Nothing new was found: look again later, or give up."""
    began = sent.attempted_delivery or sent.created_at
    look_at = module.confirmation.next_look(began, now) if module.confirmation else None
    return sent.unconfirmed(now) if look_at is None else sent.looked(now, look_at)


def not_asked(sent: Notification, now: datetime) -> Notification:
    """Nobody was asked: ask again in a minute, later where it was sent long ago.

    It is never given up for that. The wait grows, because a provider may not answer for days.
    """
    began = sent.attempted_delivery or sent.created_at
    return sent.looked(now, now + max(ASK_AGAIN, (now - began) / 60))


def _is_latest(notification: Notification, report: Report) -> bool:
    return report.provider_message_id == notification.provider_message_id


def _overtakes(notification: Notification, report: Report) -> bool:
    """Whether it is of a message that we have no record of.

    That is one of the attempt under way, or of one that nobody could tell the end of.
    """
    if _is_latest(notification, report):
        return False  # the attempt before, which is settled
    if not isinstance(report.news, Confirmed) and timeline.sends(notification.timeline) > 1:
        return False  # only the latest one's id is known: it may be of one before that
    if notification.status is Status.SENDING:
        confirmed = isinstance(report.news, Confirmed)
        return confirmed or report.attempt in {None, notification.attempt}
    return notification.may_have_gone_at is not None


def _confirm(
    sent: Notification, report: Report, module: Module, now: datetime
) -> Notification | None:
    match report.news:
        case Confirmed() | Complained():
            return _gone(sent, report, "", module, now)
        case Delayed(detail):
            known = (sent.timeline[-1].event, sent.timeline[-1].detail)
            again = known == (timeline.DELAYED, detail)
            return None if again else sent.noted(now, timeline.DELAYED, detail)
        case MayHaveGone():
            return None  # who cannot tell has told nothing
        case DeliveryFailed() as failure:
            if sent.is_final:
                return _ended(sent, failure, now)
            return settle(sent, failure, module, now)
        case _:
            return None


def _overtake(
    sending: Notification, report: Report, module: Module, now: datetime
) -> Notification | None:
    """The provider is faster than our own record of the attempt, which then comes too late."""
    match report.news:
        case MayHaveGone():
            return None
        case DeliveryFailed() as failure:
            # The provider took it, so what it repeats is known to be of this attempt.
            taken = replace(sending, provider_message_id=report.provider_message_id)
            return settle(taken.noted(now, timeline.SENT, ""), failure, module, now)
        case _:
            return _gone(sending, report, "", module, now)


def _resolve(
    uncertain: Notification, report: Report, module: Module, now: datetime
) -> Notification | None:
    """There was no telling whether it went, and now there is."""
    match report.news:
        case DeliveryFailed() as failure:
            # What is to be tried again anyway is left to that.
            unknown = uncertain.status is Status.UNKNOWN
            return _ended(uncertain, failure, now) if unknown else None
        case _:
            return _gone(uncertain, report, "it had gone, the provider says", module, now)


def _gone(
    tried: Notification, report: Report, note: str, module: Module, now: datetime
) -> Notification:
    """The provider took it, and perhaps says what came of it at once."""
    message_id = report.provider_message_id
    match report.news:
        case Confirmed():
            return tried.delivered(now, message_id, note)
        case Complained(code, detail):
            delivered = tried.delivered(now, message_id, note)
            return delivered.noted(now, timeline.COMPLAINT, detail, code)
        case Delayed(detail):
            taken = accepted(tried, Accepted(message_id, note), module, now)
            sent = taken.status is Status.SENT
            return taken.noted(now, timeline.DELAYED, detail) if sent else taken
        case _:
            return accepted(tried, Accepted(message_id, note), module, now)


def _ended(waited: Notification, failure: DeliveryFailed, now: datetime) -> Notification | None:
    """It failed, and it is too late to try again."""
    if isinstance(failure, MayHaveGone):
        return None
    if failure.error_class is ErrorClass.RECIPIENT and not failure.soft:
        return waited.inactive_device(now, failure)
    return waited.failed(now, failure)


def _regret(delivered: Notification, news: News, now: datetime) -> Notification | None:
    """Something came back of a message that was delivered: the status stays."""
    match news:
        case Complained(code, detail):
            event = timeline.COMPLAINT
        case MayHaveGone():
            return None
        case DeliveryFailed(code=code, message=detail):
            event = timeline.RETURNED
        case _:
            return None
    known = any(entry.event == event for entry in delivered.timeline)
    return None if known else delivered.noted(now, event, detail, code)
