"""Claim, check, send, record: what a target's consumer does with a batch of messages.

The item in the store is the truth; a message only says *look at this one now*. A claim that fails
is a duplicate, a cancelled or a finished notification, and its message is dropped; or it is SENT,
and its provider is asked what became of it.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

from notification_core.domain.attempt_policy import lease_lapsed, next_state
from notification_core.domain.batches import batches
from notification_core.domain.claim import Claim
from notification_core.domain.clock import to_epoch_ms
from notification_core.domain.modules import Module, PausedBy
from notification_core.domain.notification import Notification
from notification_core.domain.outcomes import (
    Accepted,
    Delivery,
    ErrorClass,
    Outcome,
    Unsent,
    failure_in,
)
from notification_core.domain.status import Status
from notification_core.domain.timing import LEASE, MAX_DELAY, PROBE_EVERY
from notification_core.ports import ClaimRejected, Ports, WakeUp
from notification_core.usecases.sending.batch_result import DeliveryBatchResult
from notification_core.usecases.sending.confirm import PollAll, no_status_polling, poll_status
from notification_core.usecases.sending.enqueue import wake_up_for
from notification_core.usecases.sending.hand_back import (
    RoomFor,
    take_what_fits,
    unlimited,
    without_early,
)
from notification_core.usecases.sending.outcomes import Transition, save_outcomes
from notification_core.usecases.sending.preflight import check
from notification_core.usecases.sending.turns import as_they_come_due

logger = logging.getLogger(__name__)

#: Sends a batch through the provider. Yields the outcomes of each request as soon as
#: they are known: one for each delivery, in order. It never raises. Just before each send it asks
#: `check.recheck_before_send`.
SendAll = Callable[[Sequence[Delivery], Module], Iterable[Sequence[Outcome | Unsent]]]

#: Notifications that are claimed and sent together, and how many such at once.
LANE = 200
LANES = 5

#: The fewest outcomes that are recorded together while the rest is being sent, because a consumer
#: that is killed sends again what it has not recorded. DynamoDB takes 25 statements in a request.
RECORDED_TOGETHER = 25


def deliver(
    ports: Ports,
    module_name: str,
    wake_ups: Sequence[WakeUp],
    send_all: SendAll,
    poll_all: PollAll = no_status_polling,
    room_for: RoomFor = unlimited,
    *,
    messages: int = 1,
) -> DeliveryBatchResult:
    """Deliver those of the batch that are due, waiting, and wanted; ask about those SENT.

    Of a paced module no more is claimed than `room_for` says that this run can send. `messages` is
    the number of those that the wake-ups came in.
    """
    done = DeliveryBatchResult()
    module = ports.modules.get(module_name)
    if module is None:
        done.dropped = len(wake_ups)
        return done
    if module.pause is not None:
        return _probe(ports, module, wake_ups, send_all, poll_all)
    furthest = to_epoch_ms(ports.clock() + MAX_DELAY)
    near = [each for each in wake_ups if each.due_at <= furthest]
    # Nobody enqueues so early: the turn that it is for is in the index.
    done.dropped = len(wake_ups) - len(near)
    soon = without_early(ports, module, sorted(set(near)), messages)
    taken, done.undecided = take_what_fits(ports, module, soon, room_for)
    for due in as_they_come_due(ports, taken):
        for lane in _in_lanes(ports, module, due, send_all, poll_all):
            done.add(lane)
    return done


def _probe(
    ports: Ports,
    module: Module,
    wake_ups: Sequence[WakeUp],
    send_all: SendAll,
    poll_all: PollAll,
) -> DeliveryBatchResult:
    """Drop what a paused module is handed, but for one now and then that tries whether it works.

    What is dropped is still in the due index. Only the pause of a fault is ended by a probe.
    """
    done = DeliveryBatchResult()
    now = ports.clock()
    fault = module.pause is not None and module.pause.by is PausedBy.FAULT
    due = [each for each in wake_ups if each.due_at <= to_epoch_ms(now)] if fault else []
    if due and ports.modules.begin_probe(module.name, now, PROBE_EVERY):
        for wake_up in due:
            _send(ports, module, _claim(ports, module, [wake_up], done), done, send_all)
            if done.outcomes:
                break
        # Or what waits for a look would be handed over as a probe for ever.
        done.count(poll_status(ports, module, done.awaited, poll_all, done.polls))
        works = any(_is_answered(each) for each in done.outcomes)
        if works and ports.modules.resume(module.name, PausedBy.FAULT):
            logger.warning("%s is resumed: a probe went through", module.name)
    done.dropped = len(wake_ups) - len(done.settled)
    done.undecided = []
    return done


#: Failures by which a provider has dealt with the message, and not with us.
DEALT_WITH = frozenset({ErrorClass.RECIPIENT, ErrorClass.CONSENT, ErrorClass.MESSAGE})


def _is_answered(outcome: Outcome) -> bool:
    """Whether the provider takes our messages again: a time-out or a 503 does not say."""
    return isinstance(outcome, Accepted) or outcome.error_class in DEALT_WITH


def _in_lanes(
    ports: Ports, module: Module, due: Sequence[WakeUp], send_all: SendAll, poll_all: PollAll
) -> Iterator[DeliveryBatchResult]:
    """Deliver side by side: while the provider answers one lane, the next one is claimed."""
    lanes = list(batches(due, LANE))
    if len(lanes) == 1:
        yield _deliver(ports, module, lanes[0], send_all, poll_all)
        return
    with ThreadPoolExecutor(min(len(lanes), LANES)) as pool:
        yield from pool.map(lambda lane: _deliver(ports, module, lane, send_all, poll_all), lanes)


def _deliver(
    ports: Ports, module: Module, due: Sequence[WakeUp], send_all: SendAll, poll_all: PollAll
) -> DeliveryBatchResult:
    """Claim, send and record one lane; whatever is SENT is asked about at the same time."""
    done = DeliveryBatchResult()
    claimed = _claim(ports, module, due, done)
    if not done.awaited and not done.polls:
        _send(ports, module, claimed, done, send_all)
        return done
    with ThreadPoolExecutor(1) as asking:
        looking = asking.submit(poll_status, ports, module, done.awaited, poll_all, done.polls)
        _send(ports, module, claimed, done, send_all)
        done.count(looking.result())
    return done


def _send(
    ports: Ports,
    module: Module,
    claimed: list[Notification],
    done: DeliveryBatchResult,
    send_all: SendAll,
) -> None:
    deliveries, refused = check(ports, module, claimed)
    done.count(save_outcomes(ports, module, refused))
    if not deliveries:
        return
    left = iter(deliveries)
    for outcomes in _parts(send_all([delivery for _, delivery in deliveries], module)):
        done.outcomes += [each for each in outcomes if not isinstance(each, Unsent)]
        now = ports.clock()
        ends = [
            Transition(
                before,
                next_state(before, outcome, module, now),
                failure_in(outcome),
                delivery.address,
            )
            for outcome, (before, delivery) in zip(outcomes, left, strict=False)
        ]
        done.count(save_outcomes(ports, module, ends))


def _parts(answers: Iterable[Sequence[Outcome | Unsent]]) -> Iterator[list[Outcome | Unsent]]:
    """Put the outcomes of requests together until there are enough to be recorded."""
    part: list[Outcome | Unsent] = []
    for answer in answers:
        part += answer
        if len(part) >= RECORDED_TOGETHER:
            yield part
            part = []
    if part:
        yield part


def _claim(
    ports: Ports, module: Module, due: Sequence[WakeUp], done: DeliveryBatchResult
) -> list[Notification]:
    now = ports.clock()
    claim = Claim(uuid4().hex, now + LEASE)
    claimed, abandoned = [], []
    results = ports.notifications.claim(due, claim, now, module.name)
    for wake_up, result in zip(due, results, strict=True):
        if isinstance(result, Notification):
            claimed.append(result)
        elif isinstance(result, Exception):
            done.undecided.append(wake_up)
        elif result.module not in {None, module.name}:
            done.dropped += 1  # another's: its provider and its policy are not ours
        elif result.poll is not None and wake_up_for(result.poll) == wake_up:
            done.polls.append(result.poll)
        elif (sent := _awaited(wake_up, result)) is not None:
            done.awaited.append(sent)
        elif result.current is not None and result.current.lease_lapsed(now):
            abandoned.append(result.current)
        else:
            done.dropped += 1
    ends = [Transition(each, lease_lapsed(each, module, now)) for each in abandoned]
    done.count(save_outcomes(ports, module, ends))
    return claimed + _held_after_all(ports, claim, done)


def _held_after_all(ports: Ports, claim: Claim, done: DeliveryBatchResult) -> list[Notification]:
    """Return what was claimed although the store's answer was lost; the rest stays undecided.

    Nobody else would send it, and its lapsed lease would look as if it may have gone.
    """
    if not done.undecided:
        return []
    try:
        standing = ports.notifications.get([each.id for each in done.undecided])
    except Exception:
        logger.exception("could not read which claims stand")
        return []
    held = {
        each.id: each
        for each in standing
        if each is not None and each.claim is not None and each.claim.token == claim.token
    }
    done.undecided = [each for each in done.undecided if each.id not in held]
    return list(held.values())


def _awaited(wake_up: WakeUp, refused: ClaimRejected) -> Notification | None:
    """The notification, if it is SENT and this is the turn to look at it."""
    current = refused.current
    if current is None or current.status is not Status.SENT or current.due_at is None:
        return None
    return current if to_epoch_ms(current.due_at) == wake_up.due_at else None
