"""What a queue's function does with a batch: each message by itself, and what fails again."""

from collections.abc import Callable
from typing import Any

from notifications.edge.observability import begin, log_failure


def each_message(
    event: dict[str, Any], context: Any, take: Callable[[dict[str, Any]], None]
) -> dict[str, Any]:
    """Take each message of an event source; returns those to hand over again, as Lambda wants it.

    Source: AWS Lambda Developer Guide, "Handling errors for an SQS event source in Lambda".
    """
    begin(context)
    again = []
    for record in event["Records"]:
        try:
            take(record)
        except Exception as error:  # noqa: BLE001 - it stays on its queue, and harms no other
            log_failure("a message could not be processed", error)
            again.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": again}
