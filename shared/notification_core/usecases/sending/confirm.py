"""Learn whether what a provider took was delivered: it says so, or it is asked."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from notification_core.domain.addresses import is_id
from notification_core.domain.delivery_reports import (
    DeliveryReport,
    apply_report,
    classified,
    poll_deferred,
    poll_rescheduled,
)
from notification_core.domain.errors import Unavailable
from notification_core.domain.modules import Module
from notification_core.domain.notification import Notification
from notification_core.domain.outcomes import (
    Complained,
    Confirmed,
    DeliveryFailed,
    NotAsked,
    PendingConfirmation,
    ReportContent,
)
from notification_core.domain.polls import Poll
from notification_core.domain.status import Status
from notification_core.ports import Ports
from notification_core.usecases.sending.outcomes import (
    SaveResult,
    Transition,
    append_refusal,
    pause_on_sender_fault,
    save_outcomes,
)
from notification_core.usecases.sending.polls import go_on, notifications_of_polls
from notification_core.usecases.sending.sender_refusals import count_refusal

logger = logging.getLogger(__name__)

#: Asks a provider about messages; the news of each, in order, None where there are none, NotAsked
#: where it was not asked or did not answer. If it raises, none of them was asked about.
PollAll = Callable[
    [Sequence[PendingConfirmation], Module], Sequence[ReportContent | NotAsked | None]
]

#: How often a notification that moved between the read and the write is read anew.
TRIES = 5


def no_status_polling(
    awaited: Sequence[PendingConfirmation], _module: Module
) -> Sequence[ReportContent | None]:
    """Return no news: this provider tells by itself, or never."""
    return [None] * len(awaited)


def handle_report(
    ports: Ports, heard: DeliveryReport, address: str | None = None
) -> Notification | None:
    """Take in what a provider says; returns the notification as it is then, if there is one.

    What was known, came too late or belongs to another message changes nothing.

    Raises:
        Unavailable: it kept moving between the read and the write, or an attempt is under way and
            the report may be of an earlier message. The provider should tell it again.
    """
    if not is_id(heard.notification_id):
        return None
    for _ in range(TRIES):
        [current] = ports.notifications.get([heard.notification_id])
        module = ports.modules.get(current.module) if current else None
        if current is None or module is None:
            return None
        news = classified(heard, module)
        try:
            after = apply_report(current, replace(heard, news=news), module, ports.clock())
        except Unavailable:
            _hear_a_no(ports, current, news, heard)
            raise
        if after is None:
            _hear_a_no(ports, current, news, heard)
            return current
        counted = isinstance(news, DeliveryFailed) and news.pause_after > 1
        cause = None if counted else _cause(news)  # one of several does not pause the module
        done = save_outcomes(ports, module, [Transition(current, after, cause, address)])
        if done.settled:
            if isinstance(news, DeliveryFailed) and counted:
                count_refusal(ports, module, news, address)
            return after
    raise Unavailable


def handle_reports(
    ports: Ports, reports: Sequence[tuple[DeliveryReport, str | None]]
) -> list[tuple[DeliveryReport, Notification]]:
    """Record confirmations, each with its address if that is known, in as few requests as it takes.

    Returns those that it has recorded, with the notifications as they are then. Every other one is
    to be reported by itself: it is not a confirmation, not the only report of its notification,
    changes nothing, or cannot be told now.
    """
    times = Counter(heard.notification_id for heard, _ in reports)
    alone = {
        heard.notification_id: (heard, address)
        for heard, address in reports
        if isinstance(heard.news, Confirmed)
        and times[heard.notification_id] == 1
        and is_id(heard.notification_id)
    }
    current = [each for each in ports.notifications.get(list(alone)) if each is not None]
    recorded = list[Notification]()
    for name in {each.module for each in current}:
        module = ports.modules.get(name)
        if module is not None:
            of_module = [each for each in current if each.module == name]
            ends = [end for each in of_module for end in _confirmed(ports, module, each, alone)]
            recorded += save_outcomes(ports, module, ends).settled
    return [(alone[each.id][0], each) for each in recorded]


def _confirmed(
    ports: Ports,
    module: Module,
    current: Notification,
    reports: Mapping[str, tuple[DeliveryReport, str | None]],
) -> Iterator[Transition]:
    heard, address = reports[current.id]
    with suppress(Unavailable):
        after = apply_report(current, heard, module, ports.clock())
        if after is not None:
            yield Transition(current, after, address=address)


def _hear_a_no(
    ports: Ports, current: Notification, news: ReportContent, heard: DeliveryReport
) -> None:
    """Write down a complaint about whichever message: a no is a no."""
    if isinstance(news, Complained):
        append_refusal(ports, current, news, heard.provider_message_id)


def poll_status(
    ports: Ports,
    module: Module,
    awaited: Sequence[Notification],
    poll_all: PollAll,
    polls: Sequence[Poll] = (),
) -> SaveResult:
    """Ask the provider about what is SENT and due, and what polls name; record what it says."""
    named = notifications_of_polls(ports, polls)
    sent = [*awaited, *(each for each in named.values() if each.status is Status.SENT)]
    answers = _ask(ports, module, sent, poll_all)
    heard = [_heard(ports, module, *each) for each in zip(sent, answers, strict=True)]
    done = save_outcomes(ports, module, [each for each in heard if each is not None])
    poll_deferred = {
        each.id for each, news in zip(sent, answers, strict=True) if news == NotAsked()
    }
    standing = named | {each.id: each for each in done.settled}
    for poll in polls:
        here = [standing[each] for each in poll.notifications if each in standing]
        go_on(ports, module, poll, here, asked=poll_deferred.isdisjoint(poll.notifications))
    return done


def _ask(
    ports: Ports, module: Module, awaited: Sequence[Notification], poll_all: PollAll
) -> Sequence[ReportContent | NotAsked | None]:
    if not awaited:
        return []
    asked = [
        PendingConfirmation(id=each.id, provider_message_id=each.provider_message_id or "")
        for each in awaited
    ]
    try:
        return [news for news, _ in zip(poll_all(asked, module), asked, strict=True)]
    except DeliveryFailed as failure:
        pause_on_sender_fault(ports, module, [failure])
    except Exception as error:  # noqa: BLE001 - asked again soon
        logger.warning("could not ask %s for receipts: %s", module.name, type(error).__name__)
    return [NotAsked()] * len(asked)


def _heard(
    ports: Ports, module: Module, sent: Notification, news: ReportContent | NotAsked | None
) -> Transition | None:
    """Return what comes of a look; None where a poll says when to look again."""
    now, is_polled = ports.clock(), sent.due_at is None
    if isinstance(news, NotAsked):
        return None if is_polled else Transition(sent, poll_deferred(sent, now))
    message_id = sent.provider_message_id or ""
    if news is not None:
        heard = DeliveryReport(notification_id=sent.id, provider_message_id=message_id, news=news)
        after = apply_report(sent, heard, module, now)
        if after is not None:
            return Transition(sent, after, _cause(news))
    return None if is_polled else Transition(sent, poll_rescheduled(sent, module, now))


def _cause(news: ReportContent) -> DeliveryFailed | Complained | None:
    return news if isinstance(news, DeliveryFailed | Complained) else None
