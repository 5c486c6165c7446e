"""Deliver a batch of messages: claim, check, send and record.

The stored item is authoritative; a queue message only triggers its processing. When a claim fails,
the notification is a duplicate, cancelled or finished, and its message is dropped; or it is SENT,
and its provider is polled for the outcome.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Protocol

from notification_core.domain.attempt_policy import attempted
from notification_core.domain.batches import batches
from notification_core.domain.clock import to_epoch_ms
from notification_core.domain.delivery import Accepted, Delivery, Outcome, Unsent
from notification_core.domain.due import WakeUp
from notification_core.domain.failures import ErrorClass
from notification_core.domain.modules import Module, PausedBy
from notification_core.domain.notification import Notification
from notification_core.domain.timing import MAX_DELAY, PROBE_EVERY
from notification_core.usecases.sending.batch_result import DeliveryBatchResult
from notification_core.usecases.sending.claims import claim_due
from notification_core.usecases.sending.confirm import (
    ConfirmPorts,
    PollAll,
    no_status_polling,
    poll_status,
)
from notification_core.usecases.sending.hand_back import (
    HandBackPorts,
    RoomFor,
    take_what_fits,
    unlimited,
    without_early,
)
from notification_core.usecases.sending.outcomes import save_outcomes
from notification_core.usecases.sending.preflight import PreflightPorts, check
from notification_core.usecases.sending.turns import as_they_come_due

logger = logging.getLogger(__name__)

#: Sends a batch through the provider. Yields the outcomes of each request as soon as they are
#: known: one for each delivery, in order. It never raises. Just before each send it calls
#: `preflight.recheck_before_send`.
SendAll = Callable[[Sequence[Delivery], Module], Iterable[Sequence[Outcome | Unsent]]]

#: The number of notifications in a lane, which are claimed and sent together, and the number of
#: lanes that run in parallel.
LANE = 200
LANES = 5

#: The fewest outcomes that are recorded together while the rest is being sent. If a consumer is
#: killed, the messages whose outcomes it has not recorded are sent again. DynamoDB accepts 25
#: statements in a request.
RECORDED_TOGETHER = 25


class DeliverPorts(ConfirmPorts, HandBackPorts, PreflightPorts, Protocol):
    """The ports that these use cases need."""


def deliver(
    ports: DeliverPorts,
    module_name: str,
    wake_ups: Sequence[WakeUp],
    send_all: SendAll,
    poll_all: PollAll = no_status_polling,
    room_for: RoomFor = unlimited,
    *,
    messages: int = 1,
) -> DeliveryBatchResult:
    """Deliver the notifications of a batch that are due and waiting; poll those that are SENT.

    For a module with a rate limit, no more notifications are claimed than `room_for` allows for
    this run. `messages` is the number of queue messages that contained the wake-ups.
    """
    done = DeliveryBatchResult()
    module = ports.modules.get(module_name)
    if module is None:
        done.dropped = len(wake_ups)
        return done
    if module.pause is not None:
        return _probe(ports, module, wake_ups, send_all, poll_all)
    furthest = to_epoch_ms(ports.clock() + MAX_DELAY)
    near = [wake_up for wake_up in wake_ups if wake_up.due_at <= furthest]
    # No process enqueues this early; the due index still has the entry for the right time.
    done.dropped = len(wake_ups) - len(near)
    soon = without_early(ports, module, sorted(set(near)), messages)
    taken, done.undecided = take_what_fits(ports, module, soon, room_for)
    for due in as_they_come_due(ports, taken):
        for lane in _in_lanes(ports, module, due, send_all, poll_all):
            done.add(lane)
    return done


def _probe(
    ports: DeliverPorts,
    module: Module,
    wake_ups: Sequence[WakeUp],
    send_all: SendAll,
    poll_all: PollAll,
) -> DeliveryBatchResult:
    """Drop the wake-ups of a paused module, except for an occasional probe.

    Dropped wake-ups are still in the due index. A probe can only end a pause by a fault.
    """
    done = DeliveryBatchResult()
    now = ports.clock()
    fault = module.pause is not None and module.pause.by is PausedBy.FAULT
    due = [wake_up for wake_up in wake_ups if wake_up.due_at <= to_epoch_ms(now)] if fault else []
    if due and ports.modules.begin_probe(module.name, now, PROBE_EVERY):
        for wake_up in due:
            _send(ports, module, claim_due(ports, module, [wake_up], done), done, send_all)
            if done.outcomes:
                break
        # Otherwise, notifications that wait for a poll would be used as probes again and again.
        done.count(poll_status(ports, module, done.awaited, poll_all, done.polls))
        works = any(_is_answered(outcome) for outcome in done.outcomes)
        if works and ports.modules.resume(module.name, PausedBy.FAULT):
            logger.warning("%s is resumed: a probe succeeded", module.name)
    done.dropped = len(wake_ups) - len(done.settled)
    done.undecided = []
    return done


#: Failures that concern the message or its recipient, and not our account or configuration.
DEALT_WITH = frozenset({ErrorClass.RECIPIENT, ErrorClass.CONSENT, ErrorClass.MESSAGE})


def _is_answered(outcome: Outcome) -> bool:
    """Whether the provider accepts our requests again; a timeout or a 503 does not show that."""
    return isinstance(outcome, Accepted) or outcome.error_class in DEALT_WITH


def _in_lanes(
    ports: DeliverPorts, module: Module, due: Sequence[WakeUp], send_all: SendAll, poll_all: PollAll
) -> Iterator[DeliveryBatchResult]:
    """Deliver in parallel: while the provider processes one lane, the next one is claimed."""
    lanes = list(batches(due, LANE))
    if len(lanes) == 1:
        yield _deliver(ports, module, lanes[0], send_all, poll_all)
        return
    with ThreadPoolExecutor(min(len(lanes), LANES)) as pool:
        yield from pool.map(lambda lane: _deliver(ports, module, lane, send_all, poll_all), lanes)


def _deliver(
    ports: DeliverPorts, module: Module, due: Sequence[WakeUp], send_all: SendAll, poll_all: PollAll
) -> DeliveryBatchResult:
    """Claim, send and record one lane; its SENT notifications are polled at the same time."""
    done = DeliveryBatchResult()
    claimed = claim_due(ports, module, due, done)
    if not done.awaited and not done.polls:
        _send(ports, module, claimed, done, send_all)
        return done
    with ThreadPoolExecutor(1) as pool:
        polling = pool.submit(poll_status, ports, module, done.awaited, poll_all, done.polls)
        _send(ports, module, claimed, done, send_all)
        done.count(polling.result())
    return done


def _send(
    ports: DeliverPorts,
    module: Module,
    claimed: list[Notification],
    done: DeliveryBatchResult,
    send_all: SendAll,
) -> None:
    deliveries, blocked = check(ports, module, claimed)
    done.count(save_outcomes(ports, module, blocked))
    if not deliveries:
        return
    unanswered = iter(deliveries)
    for outcomes in _parts(send_all([delivery for _, delivery in deliveries], module)):
        done.outcomes += [outcome for outcome in outcomes if not isinstance(outcome, Unsent)]
        answered = islice(unanswered, len(outcomes))
        now = ports.clock()
        ends = [
            attempted(before, outcome, module, now, delivery.address)
            for outcome, (before, delivery) in zip(outcomes, answered, strict=True)
        ]
        done.count(save_outcomes(ports, module, ends))
    if next(unanswered, None) is not None:
        raise ValueError("the provider's function returned fewer outcomes than deliveries")


def _parts(answers: Iterable[Sequence[Outcome | Unsent]]) -> Iterator[list[Outcome | Unsent]]:
    """Collect the outcomes of requests until there are enough to record."""
    part: list[Outcome | Unsent] = []
    for answer in answers:
        part += answer
        if len(part) >= RECORDED_TOGETHER:
            yield part
            part = []
    if part:
        yield part
