"""Return wake-ups to the queue unclaimed: those that are early, and those beyond the rate limit.

A run waits briefly for wake-ups that are nearly due. For a target with the precision `exact`, it
waits up to two seconds, but at most half of the containers do so at once. For a target with a rate
limit, a run claims as many notifications as it has time to send.

A wake-up that is not claimed costs a queue message and no write. Its notification does not change:
it can still be cancelled, and its timeline has no entries for runs that did not attempt it.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from notification_core.domain.clock import to_epoch_ms
from notification_core.domain.due import WakeUp, delay_until
from notification_core.domain.modules import Module, Precision
from notification_core.domain.timing import LEAD, LONGEST_WAIT, MAX_DELAY
from notification_core.ports import HasClock, HasContainers, HasQueues

logger = logging.getLogger(__name__)


class HandBackPorts(HasClock, HasContainers, HasQueues, Protocol):
    """The ports that these use cases need."""


@dataclass(frozen=True, slots=True)
class Room:
    """The number of wake-ups that one run can process."""

    sends: int  #: how many of them
    delays: Sequence[int]  #: seconds until each of the others should come again, in order
    pack: int  #: how many of the others fit into one message, so that a run can send a full batch


#: A message of a module with the precision `exact` that comes earlier is for another time.
EARLIEST = LEAD + timedelta(seconds=1)

#: The number of containers of an exact module that may always wait. With only two containers, as
#: on a laptop, notifications that are a second or two apart would not be exact otherwise.
FEWEST_WAITING = 2

#: Returns the room for a number of wake-ups of a module; None if it has no rate limit.
RoomFor = Callable[[Module, int], Room | None]


def unlimited(_module: Module, _wanted: int) -> None:
    """Return no limit."""


def without_early(
    ports: HandBackPorts, module: Module, wake_ups: Sequence[WakeUp], messages: int
) -> list[WakeUp]:
    """Return the wake-ups that this run may wait for; enqueue the others again with their delays.

    `messages` is the number of queue messages that contained the wake-ups.
    """
    now = ports.clock()
    anew = to_epoch_ms(now + EARLIEST)
    horizon = anew if _may_wait(ports, module, wake_ups, messages, now) else _soon(now)
    early = [
        (wake_up, delay_until(wake_up.due_at, now, precision))
        for wake_up in wake_ups
        if wake_up.due_at > horizon
        for precision in [module.precision if wake_up.due_at > anew else Precision.SECOND]
    ]
    if early:
        ports.queues.send(module.name, early)
    return [wake_up for wake_up in wake_ups if wake_up.due_at <= horizon]


def _soon(now: datetime) -> int:
    return to_epoch_ms(now + LONGEST_WAIT)


def _may_wait(
    ports: HandBackPorts, module: Module, wake_ups: Sequence[WakeUp], messages: int, now: datetime
) -> bool:
    """Whether this run may wait until its wake-ups are due, up to two seconds.

    At most half of the containers may wait, so that a container is free for notifications that are
    due at once; of two or three containers, two may wait. Other runs are counted by the messages in
    flight, because each run has at least one.
    """
    if module.precision != Precision.EXACT:
        return False
    latest = to_epoch_ms(now + EARLIEST)
    if not any(_soon(now) < wake_up.due_at <= latest for wake_up in wake_ups):
        return False
    try:
        others = ports.queues.in_flight(module.name) - messages
    except Exception:
        logger.exception("could not count what is in flight for %s", module.name)
        others = 0
    return others < max(ports.containers // 2, FEWEST_WAITING)


def take_what_fits(
    ports: HandBackPorts, module: Module, wake_ups: Sequence[WakeUp], room_for: RoomFor
) -> tuple[Sequence[WakeUp], list[WakeUp]]:
    """Return the wake-ups that this run processes, and those that the queue did not accept back."""
    room = room_for(module, len(wake_ups)) if wake_ups else None
    if room is None:
        return wake_ups, []
    now = ports.clock()
    rest = [
        (wake_up, max(delay, delay_until(wake_up.due_at, now, module.precision)))
        for wake_up, delay in zip(wake_ups[room.sends :], room.delays, strict=True)
    ]
    return wake_ups[: room.sends], _hand_back(ports, module, rest, room.pack)


def _hand_back(
    ports: HasQueues, module: Module, delayed: Sequence[tuple[WakeUp, int]], pack: int
) -> list[WakeUp]:
    """Enqueue wake-ups again, at most `pack` of one delay in a message."""
    longest = int(MAX_DELAY.total_seconds())
    before: Counter[int] = Counter()
    parts: dict[int, list[tuple[WakeUp, int]]] = defaultdict(list)
    for wake_up, delay in delayed:
        # Wake-ups with a longer wait than MAX_DELAY are only divided when they come again.
        part = 0 if delay >= longest else before[delay] // pack
        before[delay] += 1
        parts[part].append((wake_up, delay))
    rejected = [part for part in parts.values() if not ports.queues.send(module.name, part)]
    return [wake_up for part in rejected for wake_up, _ in part]
