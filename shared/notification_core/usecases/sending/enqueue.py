"""Enqueue notifications that are due soon at once; the dispatcher enqueues all others."""

import logging
from collections import defaultdict
from collections.abc import Iterable
from typing import Protocol

from notification_core.domain.batches import batches
from notification_core.domain.clock import to_epoch_ms
from notification_core.domain.due import WakeUp, delay_until
from notification_core.domain.modules import Module, Precision
from notification_core.domain.notification import Notification
from notification_core.domain.polls import Poll
from notification_core.domain.timing import SELF_ENQUEUE
from notification_core.ports import HasClock, HasModules, HasQueues

logger = logging.getLogger(__name__)

#: Wake-ups that are passed to the queues in one call.
QUEUE_BATCH = 500


class EnqueuePorts(HasClock, HasModules, HasQueues, Protocol):
    """The ports that these use cases need."""


def wake_up_for(owed: Notification | Poll) -> WakeUp:
    """Return the due index's entry for a notification that is not final, or for a poll."""
    if owed.due_at is None:
        raise ValueError(f"notification {owed.id} is final: nothing is due")
    return WakeUp(to_epoch_ms(owed.due_at), owed.id)


def enqueue_if_soon(
    ports: EnqueuePorts, owed: Iterable[Notification | Poll], module: Module | None = None
) -> None:
    """Enqueue the notifications and polls that the dispatcher might not see in time.

    `module` is their module, if the caller has read it. A message that the queue rejects only
    causes a delay, because the sweep finds its notification.
    """
    horizon = ports.clock() + SELF_ENQUEUE
    soon: dict[str, list[WakeUp]] = defaultdict(list)
    for entry in owed:
        if entry.due_at is not None and entry.due_at <= horizon:
            soon[entry.module].append(wake_up_for(entry))
    for name, wake_ups in soon.items():
        precision = module.precision if module is not None else _precision_of(ports, name)
        for batch in batches(wake_ups, QUEUE_BATCH):
            now = ports.clock()
            delays = [delay_until(wake_up.due_at, now, precision) for wake_up in batch]
            ports.queues.send(name, list(zip(batch, delays, strict=True)))


def _precision_of(ports: HasModules, module_name: str) -> str:
    """Return a module's precision; if it cannot be read, the precision that is never early."""
    try:
        modules = {module.name: module for module in ports.modules.recent()}
    except Exception:
        logger.exception("could not read the precision of %s", module_name)
        return Precision.SECOND
    module = modules.get(module_name)
    return Precision.SECOND if module is None else module.precision
