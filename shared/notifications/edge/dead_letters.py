"""The edge of the dead-letter queues: each message leads to its notifications, or to its job."""

import json
from collections.abc import Sequence
from typing import Any

from notifications.adapters.sqs_queues import from_body, job_of_body
from notifications.domain.clock import from_epoch_ms
from notifications.domain.notification import Notification
from notifications.edge.mail.events import detail_of, heard
from notifications.edge.messages import each_message
from notifications.edge.observability import JOBS, emit, logger
from notifications.edge.settings import dead_letters_prefix
from notifications.edge.wiring import ports
from notifications.ports import WakeUp
from notifications.usecases.dead_letters import DeadLetter, bury, bury_news
from notifications.usecases.jobs import give_up

#: How the name of the queue ends that takes what of SES's events was given up, and whose they are.
MAIL_EVENTS, EMAIL = "-mail-events-dead-letters", "email"


def dead_letters_event(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Mark what each message was for; a failure to do so hands that message over again."""
    return each_message(event, context, _bury)


def _bury(record: dict[str, Any]) -> None:
    queue = record["eventSourceARN"].rpartition(":")[2]
    module = queue.removeprefix(dead_letters_prefix())
    if queue.endswith(MAIL_EVENTS):
        _bury_mail_event(record)
    elif module == queue:
        job = give_up(ports(), _job(record["body"]), "it was cut off again and again")
        emit(JOBS, {"DeadLetters": 1})
        logger.error("dead letter", extra={"queue": queue, "job": job and job.id})
    else:
        letter = _letter(record, module, record["body"], _wake_ups(record["body"]))
        _told(letter, bury(ports(), letter))


def _bury_mail_event(record: dict[str, Any]) -> None:
    """Keep of an event what names nobody: an erased person's address is not to be found here."""
    try:
        detail = detail_of(record)
    except ValueError:
        detail = {}
    notification_id, message_id, _ = heard(detail) or ("", "", None)
    kept = {"event": detail.get("eventType"), "notification": notification_id, "mail": message_id}
    letter = _letter(record, EMAIL, json.dumps(kept), None)
    _told(letter, bury_news(ports(), letter, notification_id))


def _told(letter: DeadLetter, marked: Sequence[Notification]) -> None:
    emit(letter.module, {"DeadLetters": 1})
    said = {"notification_module_name": letter.module, "message_id": letter.id}
    logger.error("dead letter", extra=said | {"notifications": [each.id for each in marked]})


def _letter(
    record: dict[str, Any], module: str, body: str, wake_ups: Sequence[WakeUp] | None
) -> DeadLetter:
    attributes = record["attributes"]
    return DeadLetter(
        id=record["messageId"],
        module=module,
        body=body,
        wake_ups=wake_ups,
        received=int(attributes["ApproximateReceiveCount"]),
        sent_at=from_epoch_ms(int(attributes["SentTimestamp"])),
    )


def _wake_ups(body: str) -> Sequence[WakeUp] | None:
    try:
        return from_body(body)
    except ValueError:
        return None


def _job(body: str) -> str:
    try:
        return job_of_body(body)
    except ValueError:
        return ""
