"""Store how notifications ended, and all that follows from it.

A dead address is switched off in the same write that ends its notification; a recipient's no goes
into the ledger before it, but after the outcomes of all others; a configuration error pauses the
module after it.
"""

import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from notification_core.domain.addresses import TargetUserRecord
from notification_core.domain.attempt_policy import record_after_attempt
from notification_core.domain.consent import (
    MAX_EVIDENCE,
    ConsentSource,
    OptOut,
    narrowest_scope,
    target_scope,
)
from notification_core.domain.errors import InvalidInput
from notification_core.domain.modules import Module, Pause, PausedBy
from notification_core.domain.notification import Notification
from notification_core.domain.outcomes import OURS, Complained, DeliveryFailed, ErrorClass
from notification_core.domain.status import Status
from notification_core.ports import Change, Ports, RecordChange
from notification_core.usecases.administration.jobs import with_read_cache
from notification_core.usecases.consent.opt_out import append_entry
from notification_core.usecases.consent.opt_out_job import start_where_waiting
from notification_core.usecases.sending.enqueue import enqueue_if_soon
from notification_core.usecases.sending.polls import share_poll

logger = logging.getLogger(__name__)

#: How often an end is offered to the store before its lease is left to lapse.
ATTEMPTS = 4

#: How long refusals are written down for, and then jobs are begun for their users. Both fit into
#: the time that a consumer reserves for its last sends and their record.
REFUSALS_WITHIN = timedelta(seconds=3)


@dataclass(frozen=True, slots=True)
class Transition:
    """One notification before and after, and what made the difference."""

    before: Notification
    after: Notification
    cause: DeliveryFailed | Complained | None = None
    address: str | None = None  #: that the message went to, where it is known

    @property
    def failure(self) -> DeliveryFailed | None:
        """What it failed on."""
        return self.cause if isinstance(self.cause, DeliveryFailed) else None


@dataclass(slots=True)
class SaveResult:
    """What became of some ends."""

    settled: list[Notification] = field(default_factory=list)
    superseded: int = 0  #: somebody else had settled it
    unrecorded: int = 0  #: could not be stored; their leases lapse


def save_outcomes(ports: Ports, module: Module, ends: Sequence[Transition]) -> SaveResult:
    """Store ends, patiently: an outcome that is lost becomes an UNKNOWN later.

    The outcomes that need no ledger are stored first, so that no refusal costs another recipient's
    outcome. A refusal is in the ledger before its own outcome is stored. What waits and is covered
    by a refusal is left to a job, last, because the check before each send stops it anyway.
    """
    done = SaveResult()
    refusals = [(end, cause) for end in ends if (cause := _refusal(end)) is not None]
    _store(ports, module, [end for end in ends if _refusal(end) is None], done)
    opt_outs, heard = _write_down_refusals(ports, refusals)
    _store(ports, module, heard, done)
    done.unrecorded += len(refusals) - len(heard)
    if done.unrecorded:
        logger.error("%d outcomes could not be recorded", done.unrecorded)
    if not any(_was_taken(each) for each in ends):
        pause_on_sender_fault(ports, module, [each.failure for each in ends if each.failure])
    _end_waiting(ports, opt_outs)
    return done


def _store(ports: Ports, module: Module, ends: list[Transition], done: SaveResult) -> None:
    """Offer ends to the store until it has decided about each, or for the last time."""
    waiting = ends
    for attempt in range(ATTEMPTS):
        if not waiting:
            return
        if attempt:
            time.sleep(0.1 * 2**attempt)
        # In the end without their records: the next one finds a dead address again.
        with_records = attempt < ATTEMPTS - 1
        waiting = _record_once(ports, module, waiting, done, with_records=with_records)
    done.unrecorded += len(waiting)


def _refusal(end: Transition) -> DeliveryFailed | Complained | None:
    """Return how the recipient said no, if that is what happened."""
    if isinstance(end.cause, DeliveryFailed):
        return end.cause if end.cause.error_class is ErrorClass.CONSENT else None
    return end.cause


def _was_taken(end: Transition) -> bool:
    """Whether the provider took it: what it refuses us for beside that is about one recipient."""
    sending = end.before.status is Status.SENDING
    return sending and end.after.status in {Status.SENT, Status.DELIVERED}


def _record_once(
    ports: Ports, module: Module, ends: list[Transition], done: SaveResult, *, with_records: bool
) -> list[Transition]:
    """Return those that may be tried again."""
    try:
        changes = (
            _changes(ports, module, ends)
            if with_records
            else [Change(each.before, each.after) for each in ends]
        )
        changes = share_poll(ports, module, changes)
        results = ports.notifications.advance(changes)
    except Exception:
        logger.exception("could not record outcomes")
        return ends
    settled = [each.after for each, ok in zip(changes, results, strict=True) if ok is True]
    done.settled += settled
    done.superseded += sum(ok is False for ok in results)
    enqueue_if_soon(ports, settled, module)
    return [each for each, ok in zip(ends, results, strict=True) if not isinstance(ok, bool)]


def _changes(ports: Ports, module: Module, ends: list[Transition]) -> list[Change]:
    concerned = {each.after.target_user_record for each in ends if _concerns_record(each, module)}
    records = ports.records.get(concerned) if concerned else {}
    return [_change(each, records.get(each.after.target_user_record), module) for each in ends]


def _concerns_record(end: Transition, module: Module) -> bool:
    if end.failure is not None:
        return end.failure.error_class is ErrorClass.RECIPIENT
    delivered = end.after.status is Status.DELIVERED and end.before.status is not Status.DELIVERED
    return delivered and module.errors.has_soft


def _change(end: Transition, save_outcomes: TargetUserRecord | None, module: Module) -> Change:
    if save_outcomes is None or not _is_the_one(end, save_outcomes):
        return Change(end.before, end.after)
    after = record_after_attempt(save_outcomes, end.after, end.failure, module)
    moved = RecordChange(save_outcomes, after) if after is not save_outcomes else None
    return Change(end.before, end.after, moved)


def _is_the_one(end: Transition, save_outcomes: TargetUserRecord) -> bool:
    """Whether the record still holds the address that the message went to."""
    if end.address is not None:
        return save_outcomes.target_user_id == end.address
    return save_outcomes.updated_at <= (end.before.attempted_delivery or end.before.created_at)


def _write_down_refusals(
    ports: Ports, refusals: Sequence[tuple[Transition, DeliveryFailed | Complained]]
) -> tuple[list[OptOut], list[Transition]]:
    """Return the opt-outs, and the ends that may be stored.

    A complaint that could not be written down may not, so that it is heard again. A refusal may:
    the provider refuses the next message too.
    """
    opt_outs, heard = list[OptOut](), list[Transition]()
    deadline = ports.clock() + REFUSALS_WITHIN
    for place, (end, cause) in enumerate(refusals):
        if ports.clock() > deadline:
            logger.error("no time to write down %d refusals", len(refusals) - place)
            rest = [end for end, cause in refusals[place:] if not isinstance(cause, Complained)]
            return opt_outs, heard + rest
        try:
            opt_outs.append(_write_down(ports, end.after, cause, end.after.provider_message_id))
        except Exception as error:
            logger.exception("could not write down that a recipient said no")
            if isinstance(cause, Complained) and not isinstance(error, InvalidInput):
                continue
        heard.append(end)
    return opt_outs, heard


def _end_waiting(ports: Ports, opt_outs: Sequence[OptOut]) -> None:
    """Have a job end what waits for each user, as far as the time goes."""
    deadline, ports = ports.clock() + REFUSALS_WITHIN, with_read_cache(ports)
    latest = {each.user: each for each in opt_outs}
    for opt_out in latest.values():
        if ports.clock() > deadline:
            return
        try:
            start_where_waiting(ports, [opt_out])
        except Exception:
            logger.exception("could not end what waits for a recipient who said no")


def append_refusal(
    ports: Ports,
    notification: Notification,
    cause: DeliveryFailed | Complained,
    message_id: str | None,
) -> None:
    """Write down what a recipient told the provider, and have a job end what waits.

    Raises as `append_entry`.
    """
    start_where_waiting(ports, [_write_down(ports, notification, cause, message_id)])


def _write_down(
    ports: Ports,
    notification: Notification,
    cause: DeliveryFailed | Complained,
    message_id: str | None,
) -> OptOut:
    complained = isinstance(cause, Complained)
    scope = (
        narrowest_scope(notification.target, notification.category)
        if complained
        else target_scope(notification.target)
    )
    return append_entry(
        ports,
        notification.user,
        [scope],
        active=True,
        source=ConsentSource.COMPLAINT if complained else ConsentSource.REFUSAL,
        # Of which message of the provider's own; of ours, where it took none.
        evidence=f"{cause.code} {(complained and message_id) or notification.id}"[:MAX_EVIDENCE],
    )


def pause_on_sender_fault(ports: Ports, module: Module, failures: Iterable[DeliveryFailed]) -> None:
    """Pause the module where its provider refuses us: our credentials, sender or account."""
    ours = next((each for each in failures if each.error_class in OURS), None)
    if ours is None:
        return
    reason = ours.message or f"the provider answers {ours.code}"
    pause = Pause(by=PausedBy.FAULT, reason=reason, code=ours.code, since=ports.clock())
    try:
        if ports.modules.pause(module.name, pause):
            logger.error("%s is paused: %s", module.name, ours.code)
    except Exception:
        logger.exception("could not pause %s", module.name)
