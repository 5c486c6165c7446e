"""Claim, check, send, record: what a target's consumer does with a batch of messages.

The item in the store is the truth; a message only says *look at this one now*. A claim that fails
is a duplicate, a cancelled or a finished notification, and its message is dropped.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import uuid4

from notifications.domain.batches import batches
from notifications.domain.clock import from_epoch_ms, to_epoch_ms
from notifications.domain.due import delay_until
from notifications.domain.notification import Claim, Notification
from notifications.domain.outcome import (
    AddressGone,
    Delivery,
    Outcome,
    RetryLater,
)
from notifications.domain.recipients import Module, TargetUserRecord
from notifications.domain.settle import lease_lapsed, objection, postpone, settle
from notifications.domain.timing import LEAD, LEASE
from notifications.ports import Change, Ports, WakeUp
from notifications.usecases.enqueue import enqueue_if_soon, wake_up_of

logger = logging.getLogger(__name__)

#: Sends a batch through the provider; one outcome each, in order. It never raises.
SendAll = Callable[[Sequence[Delivery], Module], Sequence[Outcome]]

#: A message that comes earlier than this before its time is put back on the queue.
EARLIEST = LEAD + timedelta(seconds=1)

#: Notifications that are claimed, sent and recorded together, and how many such at once.
LANE = 350
LANES = 3

#: How often an outcome is offered to the store before its lease is left to lapse.
RECORD_ATTEMPTS = 4


@dataclass(slots=True)
class Delivered:
    """What became of a batch."""

    settled: list[Notification] = field(default_factory=list)
    dropped: int = 0  #: messages that there was nothing to do for
    undecided: list[WakeUp] = field(default_factory=list)  #: to be handed over again
    superseded: int = 0  #: outcomes of a lapsed lease: somebody else has settled it
    unrecorded: int = 0  #: outcomes that could not be stored; their leases lapse
    lateness_ms: list[int] = field(default_factory=list)  #: of each send, after its due time

    def add(self, other: "Delivered") -> None:
        """Count what became of another part of the batch."""
        self.settled += other.settled
        self.dropped += other.dropped
        self.undecided += other.undecided
        self.superseded += other.superseded
        self.unrecorded += other.unrecorded
        self.lateness_ms += other.lateness_ms


def deliver(
    ports: Ports, module_name: str, wake_ups: Sequence[WakeUp], send_all: SendAll
) -> Delivered:
    """Deliver those of the batch that are due, waiting, and wanted."""
    done = Delivered()
    module = ports.modules.get(module_name)
    if module is None or module.paused:
        done.dropped = len(wake_ups)
        return done
    for due in _as_they_come_due(ports, module_name, wake_ups):
        for lane in _in_lanes(ports, module, due, send_all):
            done.add(lane)
    return done


def _in_lanes(
    ports: Ports, module: Module, due: Sequence[WakeUp], send_all: SendAll
) -> Iterator[Delivered]:
    """Deliver side by side: while the provider answers one lane, the next one is claimed."""
    lanes = list(batches(due, LANE))
    if len(lanes) == 1:
        yield _deliver(ports, module, lanes[0], send_all)
        return
    with ThreadPoolExecutor(min(len(lanes), LANES)) as pool:
        yield from pool.map(lambda lane: _deliver(ports, module, lane, send_all), lanes)


def _as_they_come_due(
    ports: Ports, module: str, wake_ups: Sequence[WakeUp]
) -> Iterator[list[WakeUp]]:
    """Wait for each one's exact moment; a message of another time goes back with its delay.

    Of several messages for one notification the latest turn's is kept: the others claim nothing.
    """
    latest = sorted({each.id: each for each in sorted(wake_ups)}.values())
    now = ports.clock()
    horizon = to_epoch_ms(now + EARLIEST)
    early = [(each, delay_until(each.due_at, now)) for each in latest if each.due_at > horizon]
    if early:
        ports.queues.send(module, early)
    waiting = [each for each in latest if each.due_at <= horizon]
    while waiting:
        while (ahead := from_epoch_ms(waiting[0].due_at) - ports.clock()) > timedelta(0):
            time.sleep(ahead.total_seconds())
        now_ms = to_epoch_ms(ports.clock())
        yield [each for each in waiting if each.due_at <= now_ms]
        waiting = [each for each in waiting if each.due_at > now_ms]


def _deliver(ports: Ports, module: Module, due: Sequence[WakeUp], send_all: SendAll) -> Delivered:
    done = Delivered()
    claimed = _claim(ports, module, due, done)
    deliveries = _check(ports, claimed, done)
    if not deliveries:
        return done
    now = to_epoch_ms(ports.clock())
    done.lateness_ms += [now - wake_up_of(each).due_at for each, _ in deliveries]
    outcomes = send_all([delivery for _, delivery in deliveries], module)
    _record(ports, module, list(zip(deliveries, outcomes, strict=True)), done)
    return done


def _claim(
    ports: Ports, module: Module, due: Sequence[WakeUp], done: Delivered
) -> list[Notification]:
    now = ports.clock()
    claim = Claim(uuid4().hex, now + LEASE)
    claimed, abandoned = [], []
    results = ports.notifications.claim(due, claim, now)
    for wake_up, result in zip(due, results, strict=True):
        if isinstance(result, Notification):
            claimed.append(result)
        elif isinstance(result, Exception):
            done.undecided.append(wake_up)
        elif result.current is not None and result.current.lease_lapsed(now):
            abandoned.append(result.current)
        else:
            done.dropped += 1
    _advance(ports, [Change(each, lease_lapsed(each, module, now)) for each in abandoned], done)
    return claimed


def _check(
    ports: Ports, claimed: list[Notification], done: Delivered
) -> list[tuple[Notification, Delivery]]:
    """Consent, address and expiry, read after the claim; what cannot be read is not sent."""
    if not claimed:
        return []
    try:
        ready, objected = _read_and_object(ports, claimed)
    except Exception as error:
        logger.exception("could not check before sending")
        now = ports.clock()
        reason = RetryLater("not-checked", type(error).__name__)
        postponed = [Change(each, postpone(each, reason, now)) for each in claimed]
        _advance(ports, postponed, done)
        return []
    _advance(ports, objected, done)
    return ready


def _read_and_object(
    ports: Ports, claimed: list[Notification]
) -> tuple[list[tuple[Notification, Delivery]], list[Change]]:
    with ThreadPoolExecutor(2) as pool:
        reading_contents = pool.submit(ports.contents.load, [each.content for each in claimed])
        reading_records = pool.submit(
            ports.records.get, {each.target_user_record for each in claimed}
        )
        opt_outs = ports.opt_outs.get({each.user for each in claimed})
        records, contents = reading_records.result(), reading_contents.result()
    now = ports.clock()
    ready, objected = [], []
    for notification, content in zip(claimed, contents, strict=True):
        record = records.get(notification.target_user_record)
        ended = objection(notification, opt_outs.get(notification.user), record, now)
        if ended is not None:
            objected.append(Change(notification, ended))
        elif record is not None:
            loaded = replace(notification, content=content)
            ready.append((loaded, _delivery(loaded, record)))
    return ready, objected


def _delivery(notification: Notification, record: TargetUserRecord) -> Delivery:
    return Delivery(
        id=notification.id,
        attempt=notification.attempt,
        user=notification.user,
        address=record.target_user_id,
        title=notification.content.title,
        body=notification.content.body,
        extra=dict(notification.content.extra),
        scheduled_delivery=notification.scheduled_delivery,
    )


def _record(
    ports: Ports,
    module: Module,
    ended: Sequence[tuple[tuple[Notification, Delivery], Outcome]],
    done: Delivered,
) -> None:
    now = ports.clock()
    changes = [Change(sent, settle(sent, outcome, module, now)) for (sent, _), outcome in ended]
    _advance(ports, changes, done)
    for (sent, delivery), outcome in ended:
        if isinstance(outcome, AddressGone):
            _switch_off(ports, sent.target_user_record, delivery.address)


def _switch_off(ports: Ports, record_id: str, address: str) -> None:
    """Where this fails, the next notification finds the address dead again."""
    try:
        ports.records.deactivate(record_id, address, ports.clock())
    except Exception:
        logger.exception("could not switch off a record whose address is dead")


def _advance(ports: Ports, changes: list[Change], done: Delivered) -> None:
    """Store what was settled, patiently: an outcome that is lost becomes an UNKNOWN later."""
    for attempt in range(RECORD_ATTEMPTS):
        if not changes:
            return
        if attempt:
            time.sleep(0.1 * 2**attempt)
        changes = _advance_once(ports, changes, done)
    logger.error("%d outcomes could not be recorded", len(changes))
    done.unrecorded += len(changes)


def _advance_once(ports: Ports, changes: list[Change], done: Delivered) -> list[Change]:
    """Return those that may be tried again."""
    try:
        results = ports.notifications.advance(changes)
    except Exception:
        logger.exception("could not record outcomes")
        return changes
    settled = [each.after for each, ok in zip(changes, results, strict=True) if ok is True]
    done.settled += settled
    done.superseded += sum(ok is False for ok in results)
    enqueue_if_soon(ports, settled)
    return [each for each, ok in zip(changes, results, strict=True) if not isinstance(ok, bool)]
