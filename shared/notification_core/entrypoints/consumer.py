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
from notification_core.domain.counters import lateness
from notification_core.domain.delivery import (
    Delivery,
    NotAsked,
    Outcome,
    PendingConfirmation,
    ReportContent,
    Unsent,
)
from notification_core.domain.due import WakeUp
from notification_core.domain.modules import Module
from notification_core.entrypoints.batch_metrics import log_batch
from notification_core.entrypoints.counting import store_counts
from notification_core.entrypoints.permits import Permits
from notification_core.entrypoints.provider_calls import (
    PollMany,
    PollOne,
    Send,
    SendMany,
    poll_one_by_one,
    poll_request,
    send_one_by_one,
    send_request,
    variables_of,
)
from notification_core.entrypoints.rate_limiter import RESERVE, RateLimiter
from notification_core.providers.time_budget import out_of_time
from notification_core.runtime.observability import bind_request
from notification_core.runtime.settings import consumer_settings
from notification_core.runtime.wiring import ports
from notification_core.usecases.sending.confirm import no_status_polling
from notification_core.usecases.sending.deliver import deliver
from notification_core.usecases.sending.hand_back import Room
from notification_core.usecases.sending.preflight import recheck_before_send
from notification_core.usecases.sending.rendering import Variables, no_variables

Event = dict[str, Any]
LambdaHandler = Callable[[Event, Any], Event]

#: Concurrent sends within a batch.
PARALLEL = 128

#: Large contents in memory at the same time. Each takes up to 0.8 MB, plus the message that a
#: handler builds from it.
LARGE_AT_ONCE = 64

#: Seconds that loading a large content may take. It must start at least this long before the
#: deadline.
LOADING = 10.0


def consumer(
    send: Send,
    poll: PollOne | None = None,
    *,
    variables: Variables = no_variables,
    parallel: int = PARALLEL,
) -> LambdaHandler:
    """Return the Lambda handler of a target that sends one notification per request.

    `poll` polls the status of one message, if the provider offers that. `variables` returns values
    of the built-in variables of templates, as `unsubscribe_url`.
    """
    return batch_consumer(
        send_one_by_one(send),
        None if poll is None else poll_one_by_one(poll),
        variables=variables,
        parallel=parallel,
        size=1,
        poll_size=1,
    )


def batch_consumer(
    send_many: SendMany,
    poll_many: PollMany | None = None,
    *,
    variables: Variables = no_variables,
    size: int,
    parallel: int,
    poll_size: int = 1000,
) -> LambdaHandler:
    """Return the Lambda handler of a target that sends up to `size` notifications per request.

    `poll_many`, if the provider offers status polling, receives up to `poll_size` messages per
    call. At most `parallel` requests run at the same time; a few of them are reserved for polling.
    """
    polling = max(parallel // 8, 1) if poll_many else 0
    provider = _Provider(
        send_many,
        poll_many,
        partial(variables_of, variables),
        size=size,
        poll_size=poll_size,
        senders=ThreadPoolExecutor(max(parallel - polling, 1), thread_name_prefix="send"),
        pollers=ThreadPoolExecutor(max(polling, 1), thread_name_prefix="poll"),
    )

    def lambda_handler(event: Event, context: Any) -> Event:
        response = _consume(event, BatchSender(provider, _begun(context)))
        store_counts(ports, context)
        return response

    return lambda_handler


@dataclass(frozen=True, slots=True)
class _Provider:
    """A target's functions, and what its container shares between its runs."""

    send_many: SendMany
    poll_many: PollMany | None
    variables: Variables
    size: int  #: the most notifications in a request
    poll_size: int  #: the most messages in a poll
    senders: ThreadPoolExecutor
    pollers: ThreadPoolExecutor
    large: Permits = field(default_factory=lambda: Permits(LARGE_AT_ONCE))


def _begun(context: Any) -> float:
    """Start a run. Returns the deadline after which no new request is started."""
    bind_request(context)
    return _pace().now() + float(context.get_remaining_time_in_millis()) / 1000 - RESERVE


@dataclass(frozen=True, slots=True)
class BatchSender:
    """Sends the notifications of one run through the provider, and polls it."""

    provider: _Provider
    deadline: float  #: no request is started after it; a reading of the rate limiter's `now`
    lateness_ms: list[int] = field(default_factory=list)  #: of each send

    def room_for(self, module: Module, wanted: int) -> Room | None:
        """Return how many of the `wanted` wake-ups can be sent; None means all of them."""
        return _pace().room(module, wanted, self.deadline)

    def send_all(
        self, deliveries: Sequence[Delivery], module: Module
    ) -> Iterable[Sequence[Outcome | Unsent]]:
        """Send deliveries in parallel; yield the outcomes of each request, in order."""
        size = _pace().request_size(module, self.provider.size)
        return self.provider.senders.map(partial(self._send, module), _requests(deliveries, size))

    def _send(self, module: Module, batch: Sequence[Delivery]) -> Sequence[Outcome | Unsent]:
        """Wait for the rate limit, then send one request, unless that is after the deadline."""
        large = _large(batch)
        templated = any(delivery.template is not None for delivery in batch)
        latest = self.deadline - LOADING if large else self.deadline
        if not _pace().wait(module, len(batch), latest):
            return _out_of_time(module, batch)
        with self.provider.large.held(large):
            if large and _pace().now() > latest:
                return _out_of_time(module, batch)
            ready = recheck_before_send(ports(), batch, module, self.provider.variables)
            if (large or templated) and _pace().now() > self.deadline:
                return _out_of_time(module, batch)
            deliveries = [item for item in ready if isinstance(item, Delivery)]
            self._note_lateness(deliveries)
            send_many = self.provider.send_many
            answers = send_request(send_many, deliveries, module) if deliveries else []
            outcomes = iter(answers)
            return [next(outcomes) if isinstance(item, Delivery) else item for item in ready]

    def _note_lateness(self, deliveries: Sequence[Delivery]) -> None:
        now = to_epoch_ms(ports().clock())
        sends = [
            (delivery.target, now - to_epoch_ms(delivery.due_at))
            for delivery in deliveries
            if delivery.due_at is not None
        ]
        self.lateness_ms.extend(milliseconds for _, milliseconds in sends)
        ports().counters.add(lateness(sends))

    def poll_all(
        self, awaited: Sequence[PendingConfirmation], module: Module
    ) -> Sequence[ReportContent | NotAsked | None]:
        """Poll the provider in parallel about messages that it accepted."""
        poll_many = self.provider.poll_many
        if poll_many is None:
            return no_status_polling(awaited, module)
        poll = partial(self._poll, poll_many, module)
        answers = self.provider.pollers.map(poll, batches(awaited, self.provider.poll_size))
        return [content for answer in answers for content in answer]

    def _poll(
        self, poll_many: PollMany, module: Module, awaited: Sequence[PendingConfirmation]
    ) -> Sequence[ReportContent | NotAsked | None]:
        """Poll the provider once, if there is time left."""
        if _pace().now() > self.deadline:
            return [NotAsked()] * len(awaited)
        return poll_request(poll_many, awaited, module)


def _requests(deliveries: Sequence[Delivery], size: int) -> Iterator[Sequence[Delivery]]:
    """Split deliveries into requests of up to `size`, limited by the large contents in memory."""
    return batches(deliveries, min(size, LARGE_AT_ONCE) if _large(deliveries) else size)


def _large(deliveries: Sequence[Delivery]) -> int:
    return sum(delivery.content_key is not None for delivery in deliveries)


def _out_of_time(module: Module, batch: Sequence[Delivery]) -> Sequence[Unsent]:
    """Return deliveries that could not start in time to the queue, without using an attempt."""
    return [Unsent(out_of_time(_pace().refused(module))) for _ in batch]


@cache
def _pace() -> RateLimiter:
    return RateLimiter(consumer_settings().max_concurrency)


def _consume(event: Event, sender: BatchSender) -> Event:
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
        sender.send_all,
        sender.poll_all,
        sender.room_for,
        messages=len(event["Records"]),
    )
    done.lateness_ms += sender.lateness_ms
    log_batch(module, len(message_ids), done, unreadable)
    again = {*unreadable, *(message_ids[wake_up] for wake_up in done.undecided)}
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in sorted(again)]}
