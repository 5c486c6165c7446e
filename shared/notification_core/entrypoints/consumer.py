"""Turns a target's `send` function into a Lambda handler.

The handler reads the batch, stores the outcomes and writes the logs and metrics:

def send(delivery: Delivery) -> str | None: ...   # the provider's message id, or raises
lambda_handler = consumer(send)
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

from notification_core.adapters.sqs_queues import from_body
from notification_core.domain.batches import batches
from notification_core.domain.clock import to_epoch_ms
from notification_core.domain.due import WakeUp
from notification_core.domain.modules import Module
from notification_core.domain.outcomes import (
    OURS,
    Accepted,
    Delivery,
    DeliveryFailed,
    ErrorClass,
    Misconfigured,
    NotAsked,
    Outcome,
    OutcomeUnknown,
    PendingConfirmation,
    ProviderError,
    ReportContent,
    Unsent,
)
from notification_core.domain.redaction import BLOT
from notification_core.entrypoints.batch_metrics import log_batch
from notification_core.entrypoints.permits import Permits
from notification_core.entrypoints.rate_limiter import RESERVE, RateLimiter
from notification_core.providers.time_budget import out_of_time
from notification_core.runtime.credentials import forget_credentials
from notification_core.runtime.observability import bind_request, log_failure
from notification_core.runtime.settings import consumer_settings
from notification_core.runtime.wiring import ports
from notification_core.usecases.sending.confirm import PollAll, no_status_polling
from notification_core.usecases.sending.deliver import SendAll, deliver
from notification_core.usecases.sending.hand_back import Room
from notification_core.usecases.sending.preflight import recheck_before_send

Event = dict[str, Any]
LambdaHandler = Callable[[Event, Any], Event]

#: Sends one delivery. Returns the provider's message id or an Accepted; raises a ProviderError or a
#: DeliveryFailed.
Send = Callable[[Delivery], str | Accepted | None]

#: Sends several deliveries and returns one outcome per delivery, in order. An exception counts as
#: the outcome of every delivery.
SendMany = Callable[[Sequence[Delivery]], Sequence[Outcome | ProviderError]]

#: Polls the status of one message. Returns the report, or None if there is no report yet.
Look = Callable[[PendingConfirmation], ReportContent | ProviderError | None]

#: Polls the status of several messages. Returns one report per message, in order; None means that
#: there is no report yet.
PollMany = Callable[[Sequence[PendingConfirmation]], Sequence[ReportContent | ProviderError | None]]

#: Concurrent sends within a batch.
PARALLEL = 128

#: Large contents in memory at the same time. Each takes up to 0.8 MB, plus the message that a
#: handler builds from it.
LARGE_AT_ONCE = 64

#: Seconds that loading a large content may take. It must start at least this long before the
#: deadline.
LOADING = 10.0


def consumer(send: Send, look: Look | None = None, *, parallel: int = PARALLEL) -> LambdaHandler:
    """Return the Lambda handler of a target that sends one notification per request."""
    looks = None if look is None else poll_one_by_one(look)
    return batch_consumer(send_one_by_one(send), looks, parallel=parallel, size=1, looks=1)


def send_one_by_one(send: Send) -> SendMany:
    """Adapt a function that sends one delivery to a sequence of deliveries."""

    def send_each(deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        return [_accepted(send(delivery)) for delivery in deliveries]

    return send_each


def poll_one_by_one(look: Look) -> PollMany:
    """Adapt a function that polls one message to a sequence of messages."""

    def look_at_each(
        awaited: Sequence[PendingConfirmation],
    ) -> Sequence[ReportContent | ProviderError | None]:
        return [look(confirmation) for confirmation in awaited]

    return look_at_each


def _accepted(answer: str | Accepted | None) -> Accepted:
    return answer if isinstance(answer, Accepted) else Accepted(answer)


def batch_consumer(
    send_many: SendMany,
    poll_many: PollMany | None = None,
    *,
    size: int,
    parallel: int,
    looks: int = 1000,
) -> LambdaHandler:
    """Return the Lambda handler of a target that sends up to `size` notifications per request.

    `poll_many`, if the provider offers status polling, receives up to `looks` messages per call.
    At most `parallel` requests run at the same time; a few of them are reserved for polling.
    """
    looking = max(parallel // 8, 1) if poll_many else 0
    senders = ThreadPoolExecutor(max(parallel - looking, 1), thread_name_prefix="send")
    lookers = ThreadPoolExecutor(max(looking, 1), thread_name_prefix="look")
    large = Permits(LARGE_AT_ONCE)

    def lambda_handler(event: Event, context: Any) -> Event:
        run = _Run(_begun(context), large)

        def send_all(
            deliveries: Sequence[Delivery], module: Module
        ) -> Iterable[Sequence[Outcome | Unsent]]:
            send = partial(run.send, send_many, module)
            return senders.map(send, _requests(deliveries, _pace().request_size(module, size)))

        def poll_all(
            awaited: Sequence[PendingConfirmation], module: Module
        ) -> Sequence[ReportContent | NotAsked | None]:
            if poll_many is None:
                return no_status_polling(awaited, module)
            answers = lookers.map(partial(run.look, poll_many, module), batches(awaited, looks))
            return [content for answer in answers for content in answer]

        return _consume(event, run, send_all, poll_all)

    return lambda_handler


def _requests(deliveries: Sequence[Delivery], size: int) -> Iterator[Sequence[Delivery]]:
    """Split deliveries into requests of up to `size`, limited by the large contents in memory."""
    return batches(deliveries, min(size, LARGE_AT_ONCE) if _large(deliveries) else size)


def _large(deliveries: Sequence[Delivery]) -> int:
    return sum(delivery.content_key is not None for delivery in deliveries)


def _begun(context: Any) -> float:
    """Start a run. Returns the deadline after which no new request is started."""
    bind_request(context)
    return _pace().now() + float(context.get_remaining_time_in_millis()) / 1000 - RESERVE


@dataclass(frozen=True, slots=True)
class _Run:
    """One invocation: its deadline, and the lateness of its sends."""

    deadline: float  #: no request is started after it; a reading of the rate limiter's `now`
    large: Permits
    lateness_ms: list[int] = field(default_factory=list)  #: of each send

    def room_for(self, module: Module, wanted: int) -> Room | None:
        """Return how many of the `wanted` wake-ups can be sent; None means all of them."""
        return _pace().room(module, wanted, self.deadline)

    def send(
        self, send_many: SendMany, module: Module, batch: Sequence[Delivery]
    ) -> Sequence[Outcome | Unsent]:
        """Wait for the rate limit, then send one request, unless that is after the deadline."""
        large = _large(batch)
        latest = self.deadline - LOADING if large else self.deadline
        if not _pace().wait(module, len(batch), latest):
            return _out_of_time(module, batch)
        with self.large.held(large):
            if large and _pace().now() > latest:
                return _out_of_time(module, batch)
            ready = recheck_before_send(ports(), batch)
            if large and _pace().now() > self.deadline:
                return _out_of_time(module, batch)
            deliveries = [item for item in ready if isinstance(item, Delivery)]
            self._note_lateness(deliveries)
            answers = _attempt(send_many, deliveries, module) if deliveries else []
            outcomes = iter(_redacted(answers, deliveries))
            return [next(outcomes) if isinstance(item, Delivery) else item for item in ready]

    def _note_lateness(self, deliveries: Sequence[Delivery]) -> None:
        now = to_epoch_ms(ports().clock())
        self.lateness_ms.extend(
            now - to_epoch_ms(delivery.due_at)
            for delivery in deliveries
            if delivery.due_at is not None
        )

    def look(
        self, poll_many: PollMany, module: Module, awaited: Sequence[PendingConfirmation]
    ) -> Sequence[ReportContent | NotAsked | None]:
        """Poll the provider, if there is time left."""
        if _pace().now() > self.deadline:
            return [NotAsked()] * len(awaited)
        return _look(poll_many, awaited, module)


#: Error classes of a poll that concern the message: the provider answered, and has no report.
ANSWERED = frozenset({ErrorClass.RECIPIENT, ErrorClass.CONSENT, ErrorClass.MESSAGE})


def _look(
    poll_many: PollMany, awaited: Sequence[PendingConfirmation], module: Module
) -> Sequence[ReportContent | NotAsked | None]:
    """Poll the provider; messages without an answer are returned as NotAsked.

    Raises:
        DeliveryFailed: the failure is our own fault.
    """
    try:
        answers = [content for content, _ in zip(poll_many(awaited), awaited, strict=True)]
    except (ProviderError, DeliveryFailed) as answer:
        failure = module.errors.judged(answer)
        if failure.error_class in OURS:
            raise failure from answer
        return [None if failure.error_class in ANSWERED else NotAsked()] * len(awaited)
    except Exception as error:  # noqa: BLE001 - a bug must not affect other polls
        log_failure("a status poll failed", error)
        return [NotAsked()] * len(awaited)
    return [module.errors.judged(answer) for answer in answers]


def _out_of_time(module: Module, batch: Sequence[Delivery]) -> Sequence[Unsent]:
    """Return deliveries that could not start in time to the queue, without using an attempt."""
    return [Unsent(out_of_time(_pace().refused(module))) for _ in batch]


@cache
def _pace() -> RateLimiter:
    return RateLimiter(consumer_settings().max_concurrency)


def _redacted(outcomes: Sequence[Outcome], batch: Sequence[Delivery]) -> Sequence[Outcome]:
    """Remove addresses from error messages, because providers quote them."""
    for outcome in outcomes:
        if isinstance(outcome, DeliveryFailed):
            for delivery in batch:
                outcome.message = outcome.message.replace(delivery.address, BLOT)
    return outcomes


def _attempt(send_many: SendMany, batch: Sequence[Delivery], module: Module) -> Sequence[Outcome]:
    if module.pause is not None:
        forget_credentials()  # a probe checks whether they have been corrected
    answers: list[Outcome | ProviderError]
    try:
        answers = [result for result, _ in zip(send_many(batch), batch, strict=True)]
    except (ProviderError, DeliveryFailed) as answer:
        answers = [answer] * len(batch)
    except Exception as error:  # noqa: BLE001 - a bug may surface after the message was sent
        log_failure("a handler failed", error)
        return [OutcomeUnknown("handler-failed", type(error).__name__)] * len(batch)
    outcomes: list[Outcome] = [module.errors.judged(answer) for answer in answers]
    if any(isinstance(outcome, Misconfigured) for outcome in outcomes):
        forget_credentials()  # they may have been corrected in the meantime
    return outcomes


def _consume(event: Event, run: _Run, send_all: SendAll, poll_all: PollAll) -> Event:
    module = consumer_settings().module
    message_ids: dict[WakeUp, str] = {}
    unreadable = []
    for record in event["Records"]:
        try:
            message_ids |= dict.fromkeys(from_body(record["body"]), record["messageId"])
        except ValueError:
            unreadable.append(record["messageId"])
    done = deliver(
        ports(),
        module,
        list(message_ids),
        send_all,
        poll_all,
        run.room_for,
        messages=len(event["Records"]),
    )
    done.lateness_ms += run.lateness_ms
    log_batch(module, len(message_ids), done, unreadable)
    again = {*unreadable, *(message_ids[wake_up] for wake_up in done.undecided)}
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in sorted(again)]}
