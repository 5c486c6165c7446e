"""Makes a target's `send` into a Lambda function: the batch, the record-keeping, the logs.

def send(delivery: Delivery) -> str | None: ...   # the provider's message id, or raises
lambda_handler = consumer(send)
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

from notifications.adapters.sqs_queues import from_body
from notifications.domain.batches import batches
from notifications.domain.outcome import (
    Accepted,
    Delivery,
    DeliveryFailed,
    MayHaveGone,
    Misconfigured,
    Outcome,
    Throttled,
)
from notifications.domain.recipients import Module
from notifications.edge.credentials import forget_credentials
from notifications.edge.observability import emit, log_failure, logger
from notifications.edge.pace import RESERVE, Pace
from notifications.edge.settings import consumer_settings
from notifications.edge.wiring import ports
from notifications.ports import WakeUp
from notifications.usecases.deliver import Delivered, SendAll, deliver

Event = dict[str, Any]
LambdaHandler = Callable[[Event, Any], Event]

#: Sends one delivery; returns the provider's message id, raises a DeliveryFailed.
Send = Callable[[Delivery], str | None]

#: Sends some; returns an outcome each, in order. What it raises is the outcome of them all.
SendMany = Callable[[Sequence[Delivery]], Sequence[Outcome]]

#: Sends at once within a batch.
PARALLEL = 128


def consumer(send: Send, *, parallel: int = PARALLEL) -> LambdaHandler:
    """Return the Lambda function of a target that sends one at a time."""
    return batch_consumer(one_by_one(send), parallel=parallel, size=1)


def one_by_one(send: Send) -> SendMany:
    """Turn a function of one delivery into one of many."""

    def send_each(deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        return [Accepted(send(each)) for each in deliveries]

    return send_each


def batch_consumer(send_many: SendMany, *, size: int, parallel: int) -> LambdaHandler:
    """Return the Lambda function of a target that sends up to `size` in one request."""
    senders = ThreadPoolExecutor(parallel, thread_name_prefix="send")

    def lambda_handler(event: Event, context: Any) -> Event:
        deadline = time.monotonic() + context.get_remaining_time_in_millis() / 1000 - RESERVE

        def send_all(deliveries: Sequence[Delivery], module: Module) -> Sequence[Outcome]:
            def outcomes(batch: Sequence[Delivery]) -> Sequence[Outcome]:
                if not _pace().wait(module, len(batch), deadline):
                    return [OUT_OF_TIME] * len(batch)
                return _redacted(_attempt(send_many, batch), batch)

            answers = senders.map(outcomes, batches(deliveries, size))
            return [each for answer in answers for each in answer]

        return _consume(event, send_all)

    return lambda_handler


#: What there was no time to begin goes back, with no attempt spent.
OUT_OF_TIME = Throttled("out-of-time", "its batch took too long", retry_after=1)


@cache
def _pace() -> Pace:
    return Pace(consumer_settings().max_concurrency)


def _redacted(outcomes: Sequence[Outcome], batch: Sequence[Delivery]) -> Sequence[Outcome]:
    """A provider's words quote the address; what is kept of them does not."""
    for outcome in outcomes:
        if isinstance(outcome, DeliveryFailed):
            for delivery in batch:
                outcome.message = outcome.message.replace(delivery.address, "•••")
    return outcomes


def _attempt(send_many: SendMany, batch: Sequence[Delivery]) -> Sequence[Outcome]:
    try:
        return [each for each, _ in zip(send_many(batch), batch, strict=True)]
    except Misconfigured as failure:
        forget_credentials()
        return [failure] * len(batch)
    except DeliveryFailed as failure:
        return [failure] * len(batch)
    except Exception as error:  # noqa: BLE001 - a bug: it may have gone before it came to light
        log_failure("a handler failed", error)
        return [MayHaveGone("handler-failed", type(error).__name__)] * len(batch)


def _consume(event: Event, send_all: SendAll) -> Event:
    module = consumer_settings().module
    message_ids: dict[WakeUp, str] = {}
    unreadable = []
    for record in event["Records"]:
        try:
            message_ids |= dict.fromkeys(from_body(record["body"]), record["messageId"])
        except ValueError:
            unreadable.append(record["messageId"])
    done = deliver(ports(), module, list(message_ids), send_all)
    _report(module, len(message_ids), done, unreadable)
    again = {*unreadable, *(message_ids[each] for each in done.undecided)}
    return {"batchItemFailures": [{"itemIdentifier": each} for each in sorted(again)]}


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
