"""What a consumer hands back to the queue unclaimed: what is early, and what it has no time for.

A run of a paced target claims what it has time to send.

What is not claimed costs a queue message and no write, and stays as it is: it can be cancelled,
and its timeline says nothing of turns in which it was not tried.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from notifications.domain.clock import to_epoch_ms
from notifications.domain.due import delay_until
from notifications.domain.modules import Module
from notifications.domain.timing import LEAD, MAX_DELAY
from notifications.ports import Ports, WakeUp


@dataclass(frozen=True, slots=True)
class Room:
    """What one run can take of some wake-ups."""

    sends: int  #: how many of them
    delays: Sequence[int]  #: seconds until each of the others should come again, in order
    pack: int  #: how many of those one message may hold: a full batch then fits into one run


#: A message that comes earlier than this before its time is put back on the queue.
EARLIEST = LEAD + timedelta(seconds=1)

#: Returns the room for so many wake-ups of a module; None where it is not paced.
RoomFor = Callable[[Module, int], Room | None]


def unlimited(_module: Module, _wanted: int) -> None:
    """Take everything."""


def without_early(ports: Ports, module: str, wake_ups: Sequence[WakeUp]) -> list[WakeUp]:
    """Leave out a message of another time; it goes back with its delay."""
    now = ports.clock()
    horizon = to_epoch_ms(now + EARLIEST)
    early = [(each, delay_until(each.due_at, now)) for each in wake_ups if each.due_at > horizon]
    if early:
        ports.queues.send(module, early)
    return [each for each in wake_ups if each.due_at <= horizon]


def take_what_fits(
    ports: Ports, module: Module, wake_ups: Sequence[WakeUp], room_for: RoomFor
) -> tuple[Sequence[WakeUp], list[WakeUp]]:
    """Return what this run takes, and what the queue did not take back."""
    room = room_for(module, len(wake_ups)) if wake_ups else None
    if room is None:
        return wake_ups, []
    rest = zip(wake_ups[room.sends :], room.delays, strict=True)
    return wake_ups[: room.sends], _hand_back(ports, module, list(rest), room.pack)


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
