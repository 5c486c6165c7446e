"""What a consumer hands back to the queue unclaimed: what is early, and what it has no time for.

A run waits a moment for what is nearly due; that of an exact target waits up to two seconds, but
no more than half of its containers do so at once. A run of a paced target claims what it has time
to send.

What is not claimed costs a queue message and no write, and stays as it is: it can be cancelled,
and its timeline says nothing of turns in which it was not tried.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from notification_core.domain.clock import to_epoch_ms
from notification_core.domain.due import delay_until
from notification_core.domain.modules import Module, Precision
from notification_core.domain.timing import LEAD, LONGEST_WAIT, MAX_DELAY
from notification_core.ports import Ports, WakeUp

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Room:
    """What one run can take of some wake-ups."""

    sends: int  #: how many of them
    delays: Sequence[int]  #: seconds until each of the others should come again, in order
    pack: int  #: how many of those one message may hold: a full batch then fits into one run


#: A message of an exact module that comes earlier than this is of another time.
EARLIEST = LEAD + timedelta(seconds=1)

#: So many containers of an exact module may wait however few there are: where there are only two,
#: as on a laptop, exact ones that are a second or two apart would not be exact otherwise.
FEWEST_WAITING = 2

#: Returns the room for so many wake-ups of a module; None where it is not paced.
RoomFor = Callable[[Module, int], Room | None]


def unlimited(_module: Module, _wanted: int) -> None:
    """Take everything."""


def without_early(
    ports: Ports, module: Module, wake_ups: Sequence[WakeUp], messages: int
) -> list[WakeUp]:
    """Leave out what this run must not wait for; it goes back with its delay.

    `messages` is the number of those that the wake-ups came in.
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
    ports: Ports, module: Module, wake_ups: Sequence[WakeUp], messages: int, now: datetime
) -> bool:
    """Whether this run may wait until its wake-ups are due, up to two seconds.

    At most half of the containers may, so that what is due at once finds one that is free; of two
    or three containers two may. Other runs are counted by the messages that they have in hand,
    because each has one or more.
    """
    if module.precision != Precision.EXACT:
        return False
    if not any(_soon(now) < each.due_at <= to_epoch_ms(now + EARLIEST) for each in wake_ups):
        return False
    try:
        others = ports.queues.in_flight(module.name) - messages
    except Exception:
        logger.exception("could not count what is in flight for %s", module.name)
        others = 0
    return others < max(ports.containers // 2, FEWEST_WAITING)


def take_what_fits(
    ports: Ports, module: Module, wake_ups: Sequence[WakeUp], room_for: RoomFor
) -> tuple[Sequence[WakeUp], list[WakeUp]]:
    """Return what this run takes, and what the queue did not take back."""
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
    ports: Ports, module: Module, delayed: Sequence[tuple[WakeUp, int]], pack: int
) -> list[WakeUp]:
    """Send them so that no more than `pack` of one delay are sent at once: they share a message."""
    longest = int(MAX_DELAY.total_seconds())
    before: Counter[int] = Counter()
    parts: dict[int, list[tuple[WakeUp, int]]] = defaultdict(list)
    for wake_up, delay in delayed:
        # What has to wait for longer than that is only divided when it comes again.
        part = 0 if delay >= longest else before[delay] // pack
        before[delay] += 1
        parts[part].append((wake_up, delay))
    refused = [part for part in parts.values() if not ports.queues.send(module.name, part)]
    return [wake_up for part in refused for wake_up, _ in part]
