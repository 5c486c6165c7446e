"""Dead letters: queue messages that no consumer could process. Mark them on their notifications.

The notification would be swept forever, so it is ended if it is still due at the time that the
message was for. The message itself is stored as evidence. A lost delivery report does not end its
notification.
"""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from notification_core.domain.addresses import is_id
from notification_core.domain.clock import to_epoch_ms
from notification_core.domain.counters import outcomes
from notification_core.domain.due import WakeUp
from notification_core.domain.failures import OutcomeUnknown, RetryLater
from notification_core.domain.notification import Notification
from notification_core.domain.status import Status
from notification_core.domain.timeline import EventKind
from notification_core.domain.transitions import Transition
from notification_core.ports import HasClock, HasCounters, HasEvidence, HasNotifications

logger = logging.getLogger(__name__)

#: The error code of notifications that ended because of a dead letter.
CODE = "dead-letter"


class DeadLetterPorts(HasClock, HasCounters, HasEvidence, HasNotifications, Protocol):
    """The ports that these use cases need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """One message of a dead-letter queue."""

    id: str  #: the id that the queue gave the message
    module: str
    body: str
    wake_ups: Sequence[WakeUp] | None  #: None if the body cannot be parsed
    receive_count: int  #: the number of times that the queue delivered it
    sent_at: datetime


def mark_dead_letter(ports: DeadLetterPorts, letter: DeadLetter) -> list[Notification]:
    """Store a dead letter and end its notifications; return the changed notifications.

    The call is idempotent. A notification that is being sent is not changed: its lease lapses, or
    its consumer records the outcome.
    """
    now = _keep(ports, letter)
    # If a notification has several wake-ups, only the latest can match its due time.
    latest = {wake_up.id: wake_up for wake_up in sorted(letter.wake_ups or ())}
    stored = ports.notifications.get(list(latest)) if latest else []
    transitions = [
        Transition(before, after)
        for before in stored
        if before is not None
        and (after := _marked(before, latest[before.id], letter, now)) is not None
    ]
    return _advanced(ports, transitions)


def mark_lost_report(
    ports: DeadLetterPorts, letter: DeadLetter, notification_id: str
) -> list[Notification]:
    """Store a lost delivery report, and add an event to the timeline of its notification.

    The status does not change, because the report is lost and not the notification.
    """
    now = _keep(ports, letter)
    [current] = ports.notifications.get([notification_id]) if is_id(notification_id) else [None]
    if current is None or not (current.is_final or current.status is Status.SENT):
        return []  # its consumer, or its next attempt, writes the timeline
    detail = f"the provider's report, message {letter.id}, could not be recorded"
    after = _noted_once(current, now, detail)
    return _advanced(ports, [Transition(current, after)] if after is not None else [])


def _advanced(ports: DeadLetterPorts, transitions: Sequence[Transition]) -> list[Notification]:
    results = ports.notifications.advance(transitions) if transitions else []
    stored = [end for end, ok in zip(transitions, results, strict=True) if ok is True]
    ports.counters.add(outcomes(stored))
    for failed in (result for result in results if isinstance(result, Exception)):
        raise failed  # the queue delivers the letter again
    return [end.after for end in stored]


def _marked(
    current: Notification, wake_up: WakeUp, letter: DeadLetter, now: datetime
) -> Notification | None:
    if current.module != letter.module:
        return None  # it belongs to another module's queue
    if current.due_at is None or to_epoch_ms(current.due_at) != wake_up.due_at:
        return None  # its due time has changed since
    detail = f"message {letter.id} could not be processed"
    if current.is_waiting:
        return current.dead_lettered(now, RetryLater(CODE, detail))
    if current.lease_lapsed(now):
        return current.unknown(now, OutcomeUnknown(CODE, detail))
    if current.status is Status.SENT:
        return _noted_once(current, now, detail)
    return None


def _noted_once(current: Notification, now: datetime, detail: str) -> Notification | None:
    if current.timeline[-1].event == EventKind.DEAD_LETTER:
        return None
    return current.noted(now, EventKind.DEAD_LETTER, detail, CODE)


def _keep(ports: DeadLetterPorts, letter: DeadLetter) -> datetime:
    now = ports.clock()
    ports.evidence.put(_name(letter, now), _evidence(letter, now))
    return now


def _name(letter: DeadLetter, now: datetime) -> str:
    return f"{letter.module}/{now.date().isoformat()}/{letter.id}.json"


def _evidence(letter: DeadLetter, now: datetime) -> str:
    fields = {
        "id": letter.id,
        "module": letter.module,
        "body": letter.body,
        "received": letter.receive_count,
        "sent_at": letter.sent_at.isoformat(),
        "kept_at": now.isoformat(),
    }
    return json.dumps(fields)
