"""Status polls: which notifications a provider is asked about at the same time, and when."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from notification_core.domain.modules import Module
from notification_core.domain.notification import Notification

#: How soon a provider is polled when there was no time to poll it now.
ASK_AGAIN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """The notifications to ask a provider about, and when. It has one entry in the due index.

    A poll does not change the notifications that it names.
    """

    id: str
    module: str
    notifications: tuple[str, ...]  #: ids
    sent_at: datetime  #: the poll's due times are calculated from it
    due_at: datetime


def poll_rescheduled(sent: Notification, module: Module, now: datetime) -> Notification:
    """Schedule the next poll after a poll without a result, or stop polling."""
    began = sent.attempted_delivery or sent.created_at
    poll_at = module.confirmation.next_poll(began, now) if module.confirmation else None
    return sent.unconfirmed(now) if poll_at is None else sent.poll_rescheduled(now, poll_at)


def poll_deferred(sent: Notification, now: datetime) -> Notification:
    """Schedule the next poll after the provider was not asked: in a minute, or later.

    Polling never stops for this reason. The wait grows with the time since the send, because a
    provider may not answer for days.
    """
    return sent.poll_rescheduled(
        now, poll_deferred_until(sent.attempted_delivery or sent.created_at, now)
    )


def poll_deferred_until(sent_at: datetime, now: datetime) -> datetime:
    """Return when to poll for a message sent at `sent_at`, when the provider was not asked now."""
    return now + max(ASK_AGAIN, (now - sent_at) / 60)
