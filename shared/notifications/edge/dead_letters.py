"""The edge of the dead-letter queues: each message leads to its notifications, or to its job."""

from typing import Any

from notifications.adapters.sqs_queues import from_body, job_of_body
from notifications.domain.clock import from_epoch_ms
from notifications.edge.observability import begin, emit, logger
from notifications.edge.settings import dead_letters_prefix
from notifications.edge.wiring import ports
from notifications.usecases.dead_letters import DeadLetter, bury
from notifications.usecases.jobs import give_up

#: The metric's dimension for what was no target's message.
JOBS = "jobs"


def dead_letters_event(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Mark what each message was for; a failure to do so hands that message over again."""
    begin(context)
    again = []
    for record in event["Records"]:
        try:
            _bury(record)
        except Exception as error:  # noqa: BLE001 - it stays on its queue, with the evidence
            logger.error("a dead letter could not be marked", extra={"error": type(error).__name__})
            again.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": again}


def _bury(record: dict[str, Any]) -> None:
    queue = record["eventSourceARN"].rpartition(":")[2]
    module = queue.removeprefix(dead_letters_prefix())
    if module == queue:
        job = give_up(ports(), _job(record["body"]), "it was cut off again and again")
        emit(JOBS, {"DeadLetters": 1})
        logger.error("dead letter", extra={"queue": queue, "job": job and job.id})
        return
    marked = bury(ports(), _letter(record, module))
    emit(module, {"DeadLetters": 1})
    said = {"notification_module_name": module, "message_id": record["messageId"]}
    logger.error("dead letter", extra=said | {"notifications": [each.id for each in marked]})


def _letter(record: dict[str, Any], module: str) -> DeadLetter:
    attributes = record["attributes"]
    try:
        wake_ups = from_body(record["body"])
    except ValueError:
        wake_ups = None
    return DeadLetter(
        id=record["messageId"],
        module=module,
        body=record["body"],
        wake_ups=wake_ups,
        received=int(attributes["ApproximateReceiveCount"]),
        sent_at=from_epoch_ms(int(attributes["SentTimestamp"])),
    )


def _job(body: str) -> str:
    try:
        return job_of_body(body)
    except ValueError:
        return ""
