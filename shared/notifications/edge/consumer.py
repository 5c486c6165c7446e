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
from notifications.domain.modules import Module
from notifications.domain.outcome import (
    OURS,
    Accepted,
    Awaited,
    Delivery,
    DeliveryFailed,
    MayHaveGone,
    Misconfigured,
    News,
    Outcome,
    ProviderError,
    Throttled,
)
from notifications.domain.redaction import BLOT
from notifications.edge.batch_report import report
from notifications.edge.credentials import forget_credentials
from notifications.edge.observability import begin, log_failure
from notifications.edge.pace import RESERVE, Pace
from notifications.edge.settings import consumer_settings
from notifications.edge.wiring import ports
from notifications.ports import WakeUp
from notifications.usecases.confirm import LookAll, nobody_to_ask
from notifications.usecases.deliver import SendAll, deliver

Event = dict[str, Any]
LambdaHandler = Callable[[Event, Any], Event]

#: Sends one delivery; returns the provider's message id or what else it accepted, raises a
#: ProviderError or a DeliveryFailed.
Send = Callable[[Delivery], str | Accepted | None]

#: Sends some; returns an outcome each, in order. What it raises is the outcome of them all.
SendMany = Callable[[Sequence[Delivery]], Sequence[Outcome | ProviderError]]

#: Asks about one message; returns what there is of news, None where there is none.
Look = Callable[[Awaited], News | ProviderError | None]

#: Asks about some messages; returns the news of each, in order, None where there are none.
LookMany = Callable[[Sequence[Awaited]], Sequence[News | ProviderError | None]]

#: Sends at once within a batch.
PARALLEL = 128


def consumer(send: Send, look: Look | None = None, *, parallel: int = PARALLEL) -> LambdaHandler:
    """Return the Lambda function of a target that sends one at a time."""
    looks = None if look is None else one_look_at_a_time(look)
    return batch_consumer(one_by_one(send), looks, parallel=parallel, size=1, looks=1)


def one_by_one(send: Send) -> SendMany:
    """Turn a function of one delivery into one of many."""

    def send_each(deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        return [_accepted(send(each)) for each in deliveries]

    return send_each


def one_look_at_a_time(look: Look) -> LookMany:
    """Turn a function that asks about one message into one that asks about many."""

    def look_at_each(awaited: Sequence[Awaited]) -> Sequence[News | ProviderError | None]:
        return [look(each) for each in awaited]

    return look_at_each


def _accepted(answer: str | Accepted | None) -> Accepted:
    return answer if isinstance(answer, Accepted) else Accepted(answer)


def batch_consumer(
    send_many: SendMany,
    look_many: LookMany | None = None,
    *,
    size: int,
    parallel: int,
    looks: int = 1000,
) -> LambdaHandler:
    """Return the Lambda function of a target that sends up to `size` in one request.

    `look_many`, if the provider can be asked, is given up to `looks` messages at once.
    """
    senders = ThreadPoolExecutor(parallel, thread_name_prefix="send")

    def lambda_handler(event: Event, context: Any) -> Event:
        deadline = _begun(context)

        def send_all(deliveries: Sequence[Delivery], module: Module) -> Sequence[Outcome]:
            def outcomes(batch: Sequence[Delivery]) -> Sequence[Outcome]:
                if not _pace().wait(module, len(batch), deadline):
                    return [OUT_OF_TIME] * len(batch)
                return _redacted(_attempt(send_many, batch, module), batch)

            answers = senders.map(outcomes, batches(deliveries, size))
            return [each for answer in answers for each in answer]

        def look_all(awaited: Sequence[Awaited], module: Module) -> Sequence[News | None]:
            if look_many is None:
                return nobody_to_ask(awaited, module)

            def news(batch: Sequence[Awaited]) -> Sequence[News | None]:
                late = time.monotonic() > deadline
                return [None] * len(batch) if late else _look(look_many, batch, module)

            answers = senders.map(news, batches(awaited, looks))
            return [each for answer in answers for each in answer]

        return _consume(event, send_all, look_all)

    return lambda_handler


def _begun(context: Any) -> float:
    """Begin a run; returns when nothing new is begun any more."""
    begin(context)
    return time.monotonic() + float(context.get_remaining_time_in_millis()) / 1000 - RESERVE


def _look(look_many: LookMany, awaited: Sequence[Awaited], module: Module) -> Sequence[News | None]:
    """Ask; what gets no answer has no news yet. Raises a DeliveryFailed that is our own fault."""
    try:
        answers = [each for each, _ in zip(look_many(awaited), awaited, strict=True)]
    except (ProviderError, DeliveryFailed) as answer:
        failure = module.errors.judged(answer)
        if failure.error_class in OURS:
            raise failure from answer
        return [None] * len(awaited)
    except Exception as error:  # noqa: BLE001 - a bug: it costs no other look its news
        log_failure("a look failed", error)
        return [None] * len(awaited)
    return [module.errors.judged(each) for each in answers]


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
                outcome.message = outcome.message.replace(delivery.address, BLOT)
    return outcomes


def _attempt(send_many: SendMany, batch: Sequence[Delivery], module: Module) -> Sequence[Outcome]:
    if module.pause is not None:
        forget_credentials()  # a probe tries whether they have been mended
    answers: list[Outcome | ProviderError]
    try:
        answers = [each for each, _ in zip(send_many(batch), batch, strict=True)]
    except (ProviderError, DeliveryFailed) as answer:
        answers = [answer] * len(batch)
    except Exception as error:  # noqa: BLE001 - a bug: it may have gone before it came to light
        log_failure("a handler failed", error)
        return [MayHaveGone("handler-failed", type(error).__name__)] * len(batch)
    outcomes: list[Outcome] = [module.errors.judged(each) for each in answers]
    if any(isinstance(each, Misconfigured) for each in outcomes):
        forget_credentials()  # somebody may have mended them
    return outcomes


def _consume(event: Event, send_all: SendAll, look_all: LookAll) -> Event:
    module = consumer_settings().module
    message_ids: dict[WakeUp, str] = {}
    unreadable = []
    for record in event["Records"]:
        try:
            message_ids |= dict.fromkeys(from_body(record["body"]), record["messageId"])
        except ValueError:
            unreadable.append(record["messageId"])
    done = deliver(ports(), module, list(message_ids), send_all, look_all)
    report(module, len(message_ids), done, unreadable)
    again = {*unreadable, *(message_ids[each] for each in done.undecided)}
    return {"batchItemFailures": [{"itemIdentifier": each} for each in sorted(again)]}
