"""Claim notifications that are due, and decide what the other wake-ups are for."""

import logging
from collections.abc import Sequence
from uuid import uuid4

from notification_core.domain.attempt_policy import lease_lapsed
from notification_core.domain.claim import Claim
from notification_core.domain.clock import to_epoch_ms
from notification_core.domain.due import WakeUp
from notification_core.domain.modules import Module
from notification_core.domain.notification import Notification
from notification_core.domain.status import Status
from notification_core.domain.timing import LEASE
from notification_core.domain.transitions import ClaimRejected, Transition
from notification_core.ports import HasNotifications
from notification_core.usecases.sending.batch_result import DeliveryBatchResult
from notification_core.usecases.sending.enqueue import wake_up_for
from notification_core.usecases.sending.outcomes import OutcomePorts, save_outcomes

logger = logging.getLogger(__name__)


def claim_due(
    ports: OutcomePorts, module: Module, due: Sequence[WakeUp], done: DeliveryBatchResult
) -> list[Notification]:
    """Claim the wake-ups that are due, and return the notifications to send.

    Those to poll, and what becomes of the other wake-ups, are added to `done`. A notification whose
    consumer has crashed gets the outcome of an attempt with an unknown outcome.
    """
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
            done.dropped += 1  # another module's, with another provider and policy
        elif result.poll is not None and wake_up_for(result.poll) == wake_up:
            done.polls.append(result.poll)
        elif (sent := _awaited(wake_up, result)) is not None:
            done.awaited.append(sent)
        elif result.current is not None and result.current.lease_lapsed(now):
            abandoned.append(result.current)
        else:
            done.dropped += 1
    ends = [Transition(before, lease_lapsed(before, module, now)) for before in abandoned]
    done.count(save_outcomes(ports, module, ends))
    return claimed + _held_after_all(ports, claim, done)


def _held_after_all(
    ports: HasNotifications, claim: Claim, done: DeliveryBatchResult
) -> list[Notification]:
    """Return notifications that were claimed although the store's response was lost.

    No other consumer would send them, and after their leases lapsed they would count as possibly
    sent. The other wake-ups stay undecided.
    """
    if not done.undecided:
        return []
    try:
        stored = ports.notifications.get([wake_up.id for wake_up in done.undecided])
    except Exception:
        logger.exception("could not read which claims succeeded")
        return []
    held = {
        current.id: current
        for current in stored
        if current is not None and current.claim is not None and current.claim.token == claim.token
    }
    done.undecided = [wake_up for wake_up in done.undecided if wake_up.id not in held]
    return list(held.values())


def _awaited(wake_up: WakeUp, rejected: ClaimRejected) -> Notification | None:
    """Return the notification if it is SENT and this wake-up is for its status poll."""
    current = rejected.current
    if current is None or current.status is not Status.SENT or current.due_at is None:
        return None
    return current if to_epoch_ms(current.due_at) == wake_up.due_at else None
