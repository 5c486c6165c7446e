"""Processes a batch of an SQS event source message by message; failed messages are retried."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from notification_core.runtime.observability import bind_request, log_failure

Record = dict[str, Any]


def nothing_together(_records: Sequence[Record]) -> Collection[str]:
    """Process no message together with others."""
    return ()


def for_each_message(
    event: dict[str, Any],
    context: Any,
    process: Callable[[Record], None],
    process_together: Callable[[Sequence[Record]], Collection[str]] = nothing_together,
) -> dict[str, Any]:
    """Process each message of a batch; returns the failed messages in Lambda's format.

    `process_together` may process some messages together: it returns their message ids.
    Source: AWS Lambda Developer Guide, "Handling errors for an SQS event source in Lambda".
    """
    bind_request(context)
    again = []
    processed = _processed_together(event["Records"], process_together)
    for record in event["Records"]:
        if record["messageId"] in processed:
            continue
        try:
            process(record)
        except Exception as error:  # noqa: BLE001 - it stays on its queue; the others go on
            log_failure("a message could not be processed", error)
            again.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": again}


def _processed_together(
    records: Sequence[Record], process_together: Callable[[Sequence[Record]], Collection[str]]
) -> Collection[str]:
    try:
        return process_together(records)
    except Exception as error:  # noqa: BLE001 - the messages are then processed one by one
        log_failure("some messages could not be processed together", error)
        return ()
