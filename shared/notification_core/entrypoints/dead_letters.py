"""Entry point for the dead-letter queues: marks the notifications or the job of each message.

The queues are read on a schedule (docs/decisions/0059-dead-letters-are-read-each-minute.md).
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from notification_core.adapters.sqs_dead_letters import SqsDeadLetters
from notification_core.adapters.sqs_queues import from_body, job_of_body
from notification_core.domain.clock import from_epoch_ms
from notification_core.domain.due import WakeUp
from notification_core.domain.notification import Notification
from notification_core.entrypoints.counting import store_counts
from notification_core.entrypoints.ses_events import event_detail, ids_in_event
from notification_core.runtime.observability import JOBS, bind_request, emit, log_failure, logger
from notification_core.runtime.settings import dead_letters_prefix, system_dead_letters
from notification_core.runtime.wiring import aws_client, ports
from notification_core.usecases.administration.jobs import give_up
from notification_core.usecases.sending.dead_letters import (
    DeadLetter,
    mark_dead_letter,
    mark_lost_report,
)

#: The suffix of the dead-letter queue of SES events, and the module that they belong to.
MAIL_EVENTS, EMAIL = "-mail-events-dead-letters", "email"


#: The function stops receiving messages this many milliseconds before its time limit.
RESERVE_MS = 10_000


def dead_letters_event(_event: dict[str, Any], context: Any) -> dict[str, int]:
    """Process all messages on the dead-letter queues; returns `{"marked", "failed"}`.

    A message that fails stays on its queue and is received again when it becomes visible.
    """
    bind_request(context)
    queues = SqsDeadLetters(aws_client("sqs"))
    modules = [module.name for module in ports().modules.all()]
    waiting = [f"{dead_letters_prefix()}{module}" for module in modules] + system_dead_letters()
    counts = Counter({"marked": 0, "failed": 0})
    while waiting and context.get_remaining_time_in_millis() > RESERVE_MS:
        waiting = [queue for queue in waiting if _take(queues, queue, counts)]
    store_counts(ports, context)
    return dict(counts)


def _take(queues: SqsDeadLetters, queue: str, counts: Counter[str]) -> bool:
    """Process some messages of a queue; returns whether there may be more."""
    try:
        messages = queues.receive(queue)
    except Exception as error:  # noqa: BLE001 - the other queues must still be read
        log_failure("a dead-letter queue could not be read", error)
        return False
    for message in messages:
        try:
            _mark(queue, message)
            queues.remove(queue, message)
            counts["marked"] += 1
        except Exception as error:  # noqa: BLE001 - it stays on its queue; the others go on
            log_failure("a message could not be processed", error)
            counts["failed"] += 1
    return bool(messages)


def _mark(queue: str, message: Mapping[str, Any]) -> None:
    module, body = queue.removeprefix(dead_letters_prefix()), message["Body"]
    if queue.endswith(MAIL_EVENTS):
        _mark_mail_event(message)
    elif module == queue:
        job = give_up(ports(), _job(body), "its function was interrupted repeatedly")
        emit(JOBS, {"DeadLetters": 1})
        logger.error("dead letter", extra={"queue": queue, "job": job and job.id})
    else:
        letter = _letter(message, module, body, _wake_ups(body))
        _log_dead_letter(letter, mark_dead_letter(ports(), letter))


def _mark_mail_event(message: Mapping[str, Any]) -> None:
    """Keep only the ids of an event, because it may hold the address of an erased user."""
    try:
        detail = event_detail({"body": message["Body"]})
    except ValueError:
        detail = {}
    notification_id, message_id, _ = ids_in_event(detail) or ("", "", None)
    kept = {"event": detail.get("eventType"), "notification": notification_id, "mail": message_id}
    letter = _letter(message, EMAIL, json.dumps(kept), None)
    _log_dead_letter(letter, mark_lost_report(ports(), letter, notification_id))


def _log_dead_letter(letter: DeadLetter, marked: Sequence[Notification]) -> None:
    emit(letter.module, {"DeadLetters": 1})
    fields = {"notification_module_name": letter.module, "message_id": letter.id}
    logger.error(
        "dead letter",
        extra=fields | {"notifications": [notification.id for notification in marked]},
    )


def _letter(
    message: Mapping[str, Any], module: str, body: str, wake_ups: Sequence[WakeUp] | None
) -> DeadLetter:
    attributes = message["Attributes"]
    return DeadLetter(
        id=message["MessageId"],
        module=module,
        body=body,
        wake_ups=wake_ups,
        receive_count=int(attributes["ApproximateReceiveCount"]),
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
