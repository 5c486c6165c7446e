"""Learn whether what a provider took was delivered: it says so, or it is asked."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from notification_core.domain.addresses import is_id
from notification_core.domain.delivery_reports import Report, judged, looked, not_asked, told
from notification_core.domain.errors import Unavailable
from notification_core.domain.modules import Module
from notification_core.domain.notification import Notification
from notification_core.domain.outcomes import (
    Awaited,
    Complained,
    Confirmed,
    DeliveryFailed,
    News,
    NotAsked,
)
from notification_core.domain.polls import Poll
from notification_core.domain.status import Status
from notification_core.ports import Ports
from notification_core.usecases.sending.outcomes import (
    Recorded,
    Settled,
    pause_if_ours,
    record,
    write_down_refusal,
)
from notification_core.usecases.sending.polls import go_on, named_by
from notification_core.usecases.sending.sender_refusals import count_refusal

logger = logging.getLogger(__name__)

#: Asks a provider about messages; the news of each, in order, None where there are none, NotAsked
#: where it was not asked or did not answer. If it raises, none of them was asked about.
LookAll = Callable[[Sequence[Awaited], Module], Sequence[News | NotAsked | None]]

#: How often a notification that moved between the read and the write is read anew.
TRIES = 5


def nobody_to_ask(awaited: Sequence[Awaited], _module: Module) -> Sequence[News | None]:
    """Return no news: this provider tells by itself, or never."""
    return [None] * len(awaited)


def report(ports: Ports, heard: Report, address: str | None = None) -> Notification | None:
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
        news = judged(heard, module)
        try:
            after = told(current, replace(heard, news=news), module, ports.clock())
        except Unavailable:
            _hear_a_no(ports, current, news, heard)
            raise
        if after is None:
            _hear_a_no(ports, current, news, heard)
            return current
        counted = isinstance(news, DeliveryFailed) and news.pause_after > 1
        cause = None if counted else _cause(news)  # one of several does not pause the module
        done = record(ports, module, [Settled(current, after, cause, address)])
        if done.settled:
            if isinstance(news, DeliveryFailed) and counted:
                count_refusal(ports, module, news, address)
            return after
    raise Unavailable


def report_together(
    ports: Ports, reports: Sequence[tuple[Report, str | None]]
) -> list[tuple[Report, Notification]]:
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
            recorded += record(ports, module, ends).settled
    return [(alone[each.id][0], each) for each in recorded]


def _confirmed(
    ports: Ports,
    module: Module,
    current: Notification,
    reports: Mapping[str, tuple[Report, str | None]],
) -> Iterator[Settled]:
    heard, address = reports[current.id]
    with suppress(Unavailable):
        after = told(current, heard, module, ports.clock())
        if after is not None:
            yield Settled(current, after, address=address)


def _hear_a_no(ports: Ports, current: Notification, news: News, heard: Report) -> None:
    """Write down a complaint about whichever message: a no is a no."""
    if isinstance(news, Complained):
        write_down_refusal(ports, current, news, heard.provider_message_id)


def look(
    ports: Ports,
    module: Module,
    awaited: Sequence[Notification],
    look_all: LookAll,
    polls: Sequence[Poll] = (),
) -> Recorded:
    """Ask the provider about what is SENT and due, and what polls name; record what it says."""
    named = named_by(ports, polls)
    sent = [*awaited, *(each for each in named.values() if each.status is Status.SENT)]
    answers = _ask(ports, module, sent, look_all)
    heard = [_heard(ports, module, *each) for each in zip(sent, answers, strict=True)]
    done = record(ports, module, [each for each in heard if each is not None])
    not_asked = {each.id for each, news in zip(sent, answers, strict=True) if news == NotAsked()}
    standing = named | {each.id: each for each in done.settled}
    for poll in polls:
        here = [standing[each] for each in poll.notifications if each in standing]
        go_on(ports, module, poll, here, asked=not_asked.isdisjoint(poll.notifications))
    return done


def _ask(
    ports: Ports, module: Module, awaited: Sequence[Notification], look_all: LookAll
) -> Sequence[News | NotAsked | None]:
    if not awaited:
        return []
    asked = [
        Awaited(id=each.id, provider_message_id=each.provider_message_id or "") for each in awaited
    ]
    try:
        return [news for news, _ in zip(look_all(asked, module), asked, strict=True)]
    except DeliveryFailed as failure:
        pause_if_ours(ports, module, [failure])
    except Exception as error:  # noqa: BLE001 - asked again soon
        logger.warning("could not ask %s for receipts: %s", module.name, type(error).__name__)
    return [NotAsked()] * len(asked)


def _heard(
    ports: Ports, module: Module, sent: Notification, news: News | NotAsked | None
) -> Settled | None:
    """Return what comes of a look; None where a poll says when to look again."""
    now, is_polled = ports.clock(), sent.due_at is None
    if isinstance(news, NotAsked):
        return None if is_polled else Settled(sent, not_asked(sent, now))
    message_id = sent.provider_message_id or ""
    if news is not None:
        heard = Report(notification_id=sent.id, provider_message_id=message_id, news=news)
        after = told(sent, heard, module, now)
        if after is not None:
            return Settled(sent, after, _cause(news))
    return None if is_polled else Settled(sent, looked(sent, module, now))


def _cause(news: News) -> DeliveryFailed | Complained | None:
    return news if isinstance(news, DeliveryFailed | Complained) else None
