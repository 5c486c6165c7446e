"""Confirm deliveries: apply the reports of providers, and poll those that do not report."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Protocol

from notification_core.domain.addresses import is_id
from notification_core.domain.delivery import (
    ClassifiedReport,
    Complained,
    Confirmed,
    DeliveryReport,
    NotAsked,
    PendingConfirmation,
    ReportContent,
)
from notification_core.domain.delivery_reports import apply_report
from notification_core.domain.errors import Unavailable
from notification_core.domain.failures import DeliveryFailed
from notification_core.domain.modules import Module
from notification_core.domain.notification import Notification
from notification_core.domain.polls import Poll, poll_deferred, poll_rescheduled
from notification_core.domain.status import Status
from notification_core.domain.transitions import Conflict, Transition
from notification_core.ports import HasClock
from notification_core.usecases.conflicts import retry_on_conflict
from notification_core.usecases.sending.outcomes import (
    OutcomePorts,
    SaveResult,
    append_refusal,
    pause_on_sender_fault,
    save_outcomes,
)
from notification_core.usecases.sending.polls import notifications_of_polls, reschedule_poll
from notification_core.usecases.sending.sender_refusals import count_refusal

logger = logging.getLogger(__name__)

#: Polls a provider about messages. Returns one report per message, in order: None if the status is
#: unchanged, NotAsked if the provider was not asked or did not answer. If it raises, the provider
#: was asked about none of the messages.
PollAll = Callable[
    [Sequence[PendingConfirmation], Module], Sequence[ReportContent | NotAsked | None]
]

#: How often a notification that changed between the read and the write is read again.
TRIES = 5


class ConfirmPorts(OutcomePorts, Protocol):
    """The ports that these use cases need."""


def no_status_polling(
    pending: Sequence[PendingConfirmation], _module: Module
) -> Sequence[ReportContent | None]:
    """Return no reports, for a provider that reports by itself or never."""
    return [None] * len(pending)


def handle_report(
    ports: ConfirmPorts, report: DeliveryReport, address: str | None = None
) -> Notification | None:
    """Apply a provider's report; return the notification after it, if there is one.

    A report that repeats another, comes too late or belongs to another message changes nothing.

    Raises:
        Unavailable: the notification kept changing between the read and the write, or an attempt is
            under way and the report may be about an earlier message. The provider should send the
            report again.
    """
    if not is_id(report.notification_id):
        return None
    return retry_on_conflict(lambda: _handle_report(ports, report, address), TRIES)


def _handle_report(
    ports: ConfirmPorts, report: DeliveryReport, address: str | None
) -> Notification | None:
    [current] = ports.notifications.get([report.notification_id])
    module = ports.modules.get(current.module) if current else None
    if current is None or module is None:
        return None
    classified = report.classified(module.errors)
    content = classified.content
    try:
        after = apply_report(current, classified, module, ports.clock())
    except Unavailable:
        _record_complaint(ports, current, classified)
        raise
    if after is None:
        _record_complaint(ports, current, classified)
        return current
    counted = isinstance(content, DeliveryFailed) and content.pause_after > 1
    cause = None if counted else _cause(content)  # a counted report alone does not pause
    done = save_outcomes(ports, module, [Transition(current, after, cause, address)])
    if not done.settled:
        raise Conflict
    if isinstance(content, DeliveryFailed) and counted:
        count_refusal(ports, module, content, address)
    return after


def handle_reports(
    ports: ConfirmPorts, reports: Sequence[tuple[DeliveryReport, str | None]]
) -> list[tuple[DeliveryReport, Notification]]:
    """Record confirmations, each with its address if it is known, in as few requests as possible.

    Returns the recorded reports with their notifications. The caller must handle every other report
    separately: it is not a confirmation, is not the only report about its notification, changes
    nothing, or cannot be applied now.
    """
    times = Counter(report.notification_id for report, _ in reports)
    alone = {
        report.notification_id: (report, address)
        for report, address in reports
        if isinstance(report.content, Confirmed)
        and times[report.notification_id] == 1
        and is_id(report.notification_id)
    }
    current = [stored for stored in ports.notifications.get(list(alone)) if stored is not None]
    recorded = list[Notification]()
    for name in {notification.module for notification in current}:
        module = ports.modules.get(name)
        if module is not None:
            of_module = [notification for notification in current if notification.module == name]
            transitions = [
                transition
                for notification in of_module
                for transition in _confirmed(ports, module, notification, alone)
            ]
            recorded += save_outcomes(ports, module, transitions).settled
    return [(alone[notification.id][0], notification) for notification in recorded]


def _confirmed(
    ports: HasClock,
    module: Module,
    current: Notification,
    reports: Mapping[str, tuple[DeliveryReport, str | None]],
) -> Iterator[Transition]:
    report, address = reports[current.id]
    with suppress(Unavailable):
        after = apply_report(current, report.classified(module.errors), module, ports.clock())
        if after is not None:
            yield Transition(current, after, address=address)


def _record_complaint(ports: ConfirmPorts, current: Notification, report: ClassifiedReport) -> None:
    """Record a complaint in the ledger, whichever message it is about."""
    if isinstance(report.content, Complained):
        append_refusal(ports, current, report.content, report.provider_message_id)


def poll_status(
    ports: ConfirmPorts,
    module: Module,
    awaited: Sequence[Notification],
    poll_all: PollAll,
    polls: Sequence[Poll] = (),
) -> SaveResult:
    """Poll the provider about the SENT notifications that are due or named by polls.

    The results are stored, and each of the polls is scheduled again or ended.
    """
    named = notifications_of_polls(ports, polls)
    sent = [
        *awaited,
        *(notification for notification in named.values() if notification.status is Status.SENT),
    ]
    answers = _ask(ports, module, sent, poll_all)
    pairs = list(zip(sent, answers, strict=True))
    transitions = [
        _after_poll(ports, module, notification, content) for notification, content in pairs
    ]
    done = save_outcomes(
        ports, module, [transition for transition in transitions if transition is not None]
    )
    not_asked = {notification.id for notification, content in pairs if content == NotAsked()}
    current = named | {notification.id: notification for notification in done.settled}
    for poll in polls:
        of_poll = [current[id_] for id_ in poll.notifications if id_ in current]
        reschedule_poll(
            ports, module, poll, of_poll, asked=not_asked.isdisjoint(poll.notifications)
        )
    return done


def _ask(
    ports: ConfirmPorts, module: Module, awaited: Sequence[Notification], poll_all: PollAll
) -> Sequence[ReportContent | NotAsked | None]:
    if not awaited:
        return []
    pending = [
        PendingConfirmation(
            id=notification.id, provider_message_id=notification.provider_message_id or ""
        )
        for notification in awaited
    ]
    try:
        return [content for content, _ in zip(poll_all(pending, module), pending, strict=True)]
    except DeliveryFailed as failure:
        pause_on_sender_fault(ports, module, [failure])
    except Exception as error:  # noqa: BLE001 - polled again soon
        logger.warning("could not poll %s for receipts: %s", module.name, type(error).__name__)
    return [NotAsked()] * len(pending)


def _after_poll(
    ports: HasClock, module: Module, sent: Notification, content: ReportContent | NotAsked | None
) -> Transition | None:
    """Return the transition after a poll; None when a `Poll` schedules the next one."""
    now, is_polled = ports.clock(), sent.due_at is None
    if isinstance(content, NotAsked):
        return None if is_polled else Transition(sent, poll_deferred(sent, now))
    message_id = sent.provider_message_id or ""
    if content is not None:
        report = ClassifiedReport(
            notification_id=sent.id, provider_message_id=message_id, content=content
        )
        after = apply_report(sent, report, module, now)
        if after is not None:
            return Transition(sent, after, _cause(content))
    return None if is_polled else Transition(sent, poll_rescheduled(sent, module, now))


def _cause(content: ReportContent) -> DeliveryFailed | Complained | None:
    return content if isinstance(content, DeliveryFailed | Complained) else None
