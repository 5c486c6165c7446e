"""Makes a target's `send` into a Lambda function: the batch, the record-keeping, the logs.

def send(delivery: Delivery) -> str | None: ...   # the provider's message id, or raises
lambda_handler = consumer(send)
"""

import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from notifications.adapters.sqs_queues import from_body
from notifications.domain.outcome import (
    Accepted,
    Delivery,
    DeliveryFailed,
    MayHaveGone,
    Misconfigured,
    Outcome,
)
from notifications.edge.credentials import forget_credentials
from notifications.edge.observability import emit, logger
from notifications.edge.settings import consumer_settings
from notifications.edge.wiring import ports
from notifications.ports import WakeUp
from notifications.usecases.deliver import Delivered, SendAll, deliver

Event = dict[str, Any]
LambdaHandler = Callable[[Event, object], Event]

#: Sends one delivery; returns the provider's message id, raises a DeliveryFailed.
Send = Callable[[Delivery], str | None]

#: Sends at once within a batch.
PARALLEL = 64


def consumer(send: Send, *, parallel: int = PARALLEL) -> LambdaHandler:
    """Return the Lambda function of a target that sends one at a time."""
    return batch_consumer(one_by_one(send), parallel=parallel, size=1)


def one_by_one(send: Send) -> Callable[[Sequence[Delivery]], Sequence[Outcome]]:
    """Turn a function of one delivery into one of many."""

    def send_each(deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        return [Accepted(send(each)) for each in deliveries]

    return send_each


def batch_consumer(
    send_many: Callable[[Sequence[Delivery]], Sequence[Outcome]], *, size: int, parallel: int
) -> LambdaHandler:
    """Return the Lambda function of a target that sends up to `size` in one request.

    `send_many` returns an outcome each, in order; what it raises is the outcome of them all.
    """
    senders = ThreadPoolExecutor(parallel, thread_name_prefix="send")

    def send_all(deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        batches = [deliveries[at : at + size] for at in range(0, len(deliveries), size)]
        answers = senders.map(lambda batch: _outcomes(send_many, batch), batches)
        return [outcome for answer in answers for outcome in answer]

    def lambda_handler(event: Event, _context: object) -> Event:
        return _consume(event, send_all)

    return lambda_handler


def _outcomes(
    send_many: Callable[[Sequence[Delivery]], Sequence[Outcome]], batch: Sequence[Delivery]
) -> Sequence[Outcome]:
    outcomes = _attempt(send_many, batch)
    for outcome in outcomes:
        if isinstance(outcome, DeliveryFailed):
            for delivery in batch:  # a provider's words quote the address
                outcome.message = outcome.message.replace(delivery.address, "•••")
    return outcomes


def _attempt(
    send_many: Callable[[Sequence[Delivery]], Sequence[Outcome]], batch: Sequence[Delivery]
) -> Sequence[Outcome]:
    try:
        return send_many(batch)
    except Misconfigured as failure:
        forget_credentials()
        return [failure] * len(batch)
    except DeliveryFailed as failure:
        return [failure] * len(batch)
    except Exception as error:  # noqa: BLE001 - a handler's bug: it may have been sent before it came to light
        # Neither the message nor the arguments: a provider's error can quote an address.
        frames = traceback.format_list(traceback.extract_tb(error.__traceback__))
        logger.error("a handler failed", error=type(error).__name__, traceback=frames)
        return [MayHaveGone("handler-failed", type(error).__name__)] * len(batch)


def _consume(event: Event, send_all: SendAll) -> Event:
    module = consumer_settings().module
    message_ids: dict[WakeUp, str] = {}
    unreadable = []
    for record in event["Records"]:
        try:
            message_ids[from_body(record["body"])] = record["messageId"]
        except ValueError:
            unreadable.append(record["messageId"])
    done = deliver(ports(), module, list(message_ids), send_all)
    _report(module, len(event["Records"]), done, unreadable)
    again = [*unreadable, *(message_ids[each] for each in done.undecided)]
    return {"batchItemFailures": [{"itemIdentifier": each} for each in again]}


def _report(module: str, received: int, done: Delivered, unreadable: list[str]) -> None:
    counts = {"Received": received, "Dropped": done.dropped, "Undecided": len(done.undecided)}
    counts |= {"Unreadable": len(unreadable), "Unrecorded": done.unrecorded}
    for notification in done.settled:
        name = notification.status.value.title().replace(" ", "")
        counts[name] = counts.get(name, 0) + 1
    lateness = done.lateness_ms
    emit(module, counts, {"Lateness": lateness})
    worst = max(lateness, default=None)
    logger.info("batch", extra={"notification_module_name": module, "lateness_ms": worst, **counts})
