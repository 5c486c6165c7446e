"""Store the outcomes of attempts and apply their consequences.

An invalid address is deactivated in the same write that ends its notification. An opt-out at the
provider is added to the ledger before that write, but after the outcomes of all other
notifications. A configuration error pauses the module after the write.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Protocol

from notification_core.domain.addresses import TargetUserRecord
from notification_core.domain.attempt_policy import record_after_attempt
from notification_core.domain.consent import MAX_EVIDENCE, ConsentSource, OptOut
from notification_core.domain.consent_scopes import narrowest_scope, target_scope
from notification_core.domain.counters import outcomes
from notification_core.domain.delivery import Complained
from notification_core.domain.errors import InvalidInput
from notification_core.domain.failures import OURS, DeliveryFailed, ErrorClass
from notification_core.domain.modules import Module, Pause, PausedBy
from notification_core.domain.notification import Notification
from notification_core.domain.status import Status
from notification_core.domain.transitions import RecordChange, Transition
from notification_core.ports import HasCounters, HasRecords, HasTargets
from notification_core.usecases.administration.jobs import with_read_cache
from notification_core.usecases.consent.opt_out import OptOutPorts, append_entry
from notification_core.usecases.consent.opt_out_job import start_where_waiting
from notification_core.usecases.sending.enqueue import enqueue_if_soon
from notification_core.usecases.sending.polls import share_poll

logger = logging.getLogger(__name__)

#: How often a write is attempted before the notification's lease is left to lapse.
ATTEMPTS = 4

#: The time limit for recording refusals, and again for starting jobs for their users. Both fit into
#: the time that a consumer reserves for its last sends and their outcomes.
REFUSALS_WITHIN = timedelta(seconds=3)


class OutcomePorts(OptOutPorts, HasCounters, HasRecords, HasTargets, Protocol):
    """The ports that these use cases need."""


@dataclass(slots=True)
class SaveResult:
    """The result of storing some transitions."""

    settled: list[Notification] = field(default_factory=list)
    superseded: int = 0  #: another process had stored a transition first
    unrecorded: int = 0  #: could not be stored; their leases lapse


def save_outcomes(ports: OutcomePorts, module: Module, ends: Sequence[Transition]) -> SaveResult:
    """Store transitions with retries, because a lost outcome becomes an UNKNOWN later.

    Outcomes that do not change the ledger are stored first, so that a refusal cannot cost another
    recipient's outcome. A refusal is added to the ledger before its own outcome is stored. The
    waiting notifications that a refusal covers are left to a job that starts last, because the
    check before each send stops them anyway.
    """
    done = SaveResult()
    refusals = [(end, cause) for end in ends if (cause := _refusal(end)) is not None]
    _store(ports, module, [end for end in ends if _refusal(end) is None], done)
    opt_outs, recorded = _record_refusals(ports, refusals)
    _store(ports, module, recorded, done)
    done.unrecorded += len(refusals) - len(recorded)
    if done.unrecorded:
        logger.error("%d outcomes could not be recorded", done.unrecorded)
    if not any(_was_accepted(end) for end in ends):
        pause_on_sender_fault(ports, module, [end.failure for end in ends if end.failure])
    _end_waiting(ports, opt_outs)
    return done


def _store(ports: OutcomePorts, module: Module, ends: list[Transition], done: SaveResult) -> None:
    """Write transitions until the store has accepted or rejected each, or attempts run out."""
    waiting = ends
    for attempt in range(ATTEMPTS):
        if not waiting:
            return
        if attempt:
            ports.sleep(0.1 * 2**attempt)
        # The last attempt omits the records: the next send detects an invalid address again.
        with_records = attempt < ATTEMPTS - 1
        waiting = _record_once(ports, module, waiting, done, with_records=with_records)
    done.unrecorded += len(waiting)


def _refusal(end: Transition) -> DeliveryFailed | Complained | None:
    """Return the cause of a transition if it is an opt-out of the recipient."""
    if isinstance(end.cause, DeliveryFailed):
        return end.cause if end.cause.error_class is ErrorClass.CONSENT else None
    return end.cause


def _was_accepted(end: Transition) -> bool:
    """Whether the provider accepted it, so that other refusals concern single recipients."""
    sending = end.before.status is Status.SENDING
    return sending and end.after.status in {Status.SENT, Status.DELIVERED}


def _record_once(
    ports: OutcomePorts,
    module: Module,
    ends: list[Transition],
    done: SaveResult,
    *,
    with_records: bool,
) -> list[Transition]:
    """Write transitions once; return those that may be written again."""
    try:
        transitions = _with_records(ports, module, ends) if with_records else ends
        transitions = share_poll(ports, module, transitions)
        results = ports.notifications.advance(transitions)
    except Exception:
        logger.exception("could not record outcomes")
        return ends
    stored = [end for end, ok in zip(transitions, results, strict=True) if ok is True]
    ports.counters.add(outcomes(stored, module.errors))
    settled = [end.after for end in stored]
    done.settled += settled
    done.superseded += sum(ok is False for ok in results)
    enqueue_if_soon(ports, settled, module)
    return [end for end, ok in zip(ends, results, strict=True) if not isinstance(ok, bool)]


def _with_records(
    ports: HasRecords, module: Module, ends: Sequence[Transition]
) -> list[Transition]:
    """Add the changes of the target user records that the transitions concern."""
    concerned = {end.after.target_user_record for end in ends if _concerns_record(end, module)}
    records = ports.records.get(concerned) if concerned else {}
    return [_with_record(end, records.get(end.after.target_user_record), module) for end in ends]


def _concerns_record(end: Transition, module: Module) -> bool:
    if end.failure is not None:
        return end.failure.error_class is ErrorClass.RECIPIENT
    delivered = end.after.status is Status.DELIVERED and end.before.status is not Status.DELIVERED
    return delivered and module.errors.has_soft


def _with_record(end: Transition, record: TargetUserRecord | None, module: Module) -> Transition:
    if record is None or not _has_the_address(end, record):
        return end
    after = record_after_attempt(record, end.after, end.failure, module)
    return end if after is record else replace(end, record=RecordChange(record, after))


def _has_the_address(end: Transition, record: TargetUserRecord) -> bool:
    """Whether the record still has the address that the message was sent to."""
    if end.address is not None:
        return record.target_user_id == end.address
    return record.updated_at <= (end.before.attempted_delivery or end.before.created_at)


def _record_refusals(
    ports: OutcomePorts, refusals: Sequence[tuple[Transition, DeliveryFailed | Complained]]
) -> tuple[list[OptOut], list[Transition]]:
    """Add refusals to the ledger; return the opt-outs and the transitions that may be stored.

    The transition of a complaint that could not be recorded must not be stored, so that the
    provider reports it again. That of a refusal may be stored, because the provider refuses the
    next message too.
    """
    opt_outs, recorded = list[OptOut](), list[Transition]()
    deadline = ports.clock() + REFUSALS_WITHIN
    for index, (end, cause) in enumerate(refusals):
        if ports.clock() > deadline:
            logger.error("no time to record %d refusals", len(refusals) - index)
            rest = [end for end, cause in refusals[index:] if not isinstance(cause, Complained)]
            return opt_outs, recorded + rest
        try:
            opt_outs.append(_record_refusal(ports, end.after, cause, end.after.provider_message_id))
        except Exception as error:
            logger.exception("could not record a recipient's opt-out")
            if isinstance(cause, Complained) and not isinstance(error, InvalidInput):
                continue
        recorded.append(end)
    return opt_outs, recorded


def _end_waiting(ports: OutcomePorts, opt_outs: Sequence[OptOut]) -> None:
    """Start a job for each user to end waiting notifications, until the time limit."""
    deadline, ports = ports.clock() + REFUSALS_WITHIN, with_read_cache(ports)
    latest = {opt_out.user: opt_out for opt_out in opt_outs}
    for opt_out in latest.values():
        if ports.clock() > deadline:
            return
        try:
            start_where_waiting(ports, [opt_out])
        except Exception:
            logger.exception("could not end the waiting notifications of a user who opted out")


def append_refusal(
    ports: OutcomePorts,
    notification: Notification,
    cause: DeliveryFailed | Complained,
    message_id: str | None,
) -> None:
    """Record a recipient's opt-out at the provider, and start a job to end waiting notifications.

    Raises the errors of `append_entry`.
    """
    start_where_waiting(ports, [_record_refusal(ports, notification, cause, message_id)])


def _record_refusal(
    ports: OutcomePorts,
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
        # The provider's message id of a complaint, or our notification id if there is none.
        evidence=f"{cause.code} {(complained and message_id) or notification.id}"[:MAX_EVIDENCE],
    )


def pause_on_sender_fault(
    ports: OutcomePorts, module: Module, failures: Iterable[DeliveryFailed]
) -> None:
    """Pause the module if its provider rejects our credentials, sender or account."""
    fault = next((failure for failure in failures if failure.error_class in OURS), None)
    if fault is None:
        return
    reason = fault.message or f"the provider answers {fault.code}"
    pause = Pause(by=PausedBy.FAULT, reason=reason, code=fault.code, since=ports.clock())
    try:
        if ports.modules.pause(module.name, pause):
            logger.error("%s is paused: %s", module.name, fault.code)
    except Exception:
        logger.exception("could not pause %s", module.name)
