"""Pause a target whose sender is refused by several recipients' servers."""

import logging
from typing import Protocol

from notification_core.domain.failures import DeliveryFailed
from notification_core.domain.modules import Module, Pause, PausedBy
from notification_core.domain.sender_refusals import (
    Refusals,
    SenderRefusal,
    is_our_fault,
    with_refusal,
)
from notification_core.domain.transitions import Conflict
from notification_core.ports import HasClock, HasModules
from notification_core.usecases.conflicts import retry_on_conflict

logger = logging.getLogger(__name__)

#: How often the refusals are read again after another process has changed them.
TRIES = 5


class SenderRefusalPorts(HasClock, HasModules, Protocol):
    """The ports that these use cases need."""


def count_refusal(
    ports: SenderRefusalPorts, module: Module, failure: DeliveryFailed, address: str | None
) -> None:
    """Count one report against our sender, and pause the module when there are enough.

    It never raises, because the report is already stored and must not be delivered again.
    """
    try:
        _count(ports, module, failure, SenderRefusal.of(ports.clock(), address))
    except Exception:
        logger.exception("could not count a refusal of the sender of %s", module.name)


def _count(
    ports: HasModules, module: Module, failure: DeliveryFailed, refusal: SenderRefusal
) -> None:
    def add_refusal() -> Refusals:
        before = ports.modules.sender_refusals(module.name)
        after = with_refusal(before, refusal)
        if not ports.modules.replace_sender_refusals(module.name, before, after):
            raise Conflict
        return after

    after = retry_on_conflict(add_refusal, TRIES)
    if not is_our_fault(after, failure.pause_after):
        return
    reason = f"recipients' mail servers refuse our sender: {failure.message}"
    pause = Pause(by=PausedBy.REPORTS, reason=reason, code=failure.code, since=refusal.at)
    if ports.modules.pause(module.name, pause):
        logger.error("%s is paused: %s", module.name, failure.code)
        ports.modules.replace_sender_refusals(module.name, after, ())
