"""A message that was handed over in vain until its queue gave it up: say so where it is looked for.

Its notification would be swept for ever, so it is ended, if it still stands in the turn that the
message was for; the message itself is kept. What a provider told in vain ends nothing.
"""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from notification_core.domain.addresses import is_id
from notification_core.domain.clock import to_epoch_ms
from notification_core.domain.notification import Notification
from notification_core.domain.outcomes import OutcomeUnknown, RetryLater
from notification_core.domain.status import Status
from notification_core.domain.timeline import EventKind
from notification_core.ports import Change, Ports, WakeUp

logger = logging.getLogger(__name__)

#: The code of what ended so.
CODE = "dead-letter"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """One message of a dead-letter queue."""

    id: str  #: the queue's own id of it
    module: str
    body: str
    wake_ups: Sequence[WakeUp] | None  #: None where the body cannot be read
    received: int  #: how often it was handed over, as the queue counts
    sent_at: datetime


def mark_dead_letter(ports: Ports, letter: DeadLetter) -> list[Notification]:
    """Keep a dead letter, and end what it was for; returns what was marked.

    Done twice, it does the same again. What is being sent at this moment is left alone: its lease
    lapses, or its consumer records what came of it.
    """
    now = _keep(ports, letter)
    # Of several turns of one notification only the latest can be the one it stands in.
    latest = {each.id: each for each in sorted(letter.wake_ups or ())}
    found = ports.notifications.get(list(latest)) if latest else []
    changes = [
        Change(each, after)
        for each in found
        if each is not None and (after := _marked(each, latest[each.id], letter, now)) is not None
    ]
    return _advanced(ports, changes)


def mark_lost_report(ports: Ports, letter: DeadLetter, notification_id: str) -> list[Notification]:
    """Keep what a provider told in vain, and enter it on the timeline of whatever it was told of.

    The status stays as it is: the news is lost, and not the notification.
    """
    now = _keep(ports, letter)
    [current] = ports.notifications.get([notification_id]) if is_id(notification_id) else [None]
    if current is None or not (current.is_final or current.status is Status.SENT):
        return []  # its consumer, or its next attempt, writes that timeline
    detail = f"what the provider told, message {letter.id}, could not be recorded"
    after = _noted_once(current, now, detail)
    return _advanced(ports, [Change(current, after)] if after is not None else [])


def _advanced(ports: Ports, changes: Sequence[Change]) -> list[Notification]:
    results = ports.notifications.advance(changes) if changes else []
    for failed in (each for each in results if isinstance(each, Exception)):
        raise failed  # the letter is handed over again
    return [change.after for change, ok in zip(changes, results, strict=True) if ok is True]


def _marked(
    current: Notification, wake_up: WakeUp, letter: DeadLetter, now: datetime
) -> Notification | None:
    if current.module != letter.module:
        return None  # another's queue is the place for it
    if current.due_at is None or to_epoch_ms(current.due_at) != wake_up.due_at:
        return None  # it has moved on
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


def _keep(ports: Ports, letter: DeadLetter) -> datetime:
    now = ports.clock()
    ports.evidence.keep(_name(letter, now), _evidence(letter, now))
    return now


def _name(letter: DeadLetter, now: datetime) -> str:
    return f"{letter.module}/{now.date().isoformat()}/{letter.id}.json"


def _evidence(letter: DeadLetter, now: datetime) -> str:
    said = {
        "id": letter.id,
        "module": letter.module,
        "body": letter.body,
        "received": letter.received,
        "sent_at": letter.sent_at.isoformat(),
        "kept_at": now.isoformat(),
    }
    return json.dumps(said)
