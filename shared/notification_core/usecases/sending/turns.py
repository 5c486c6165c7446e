"""The order in which a consumer handles the wake-ups of its batch."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Protocol

from notification_core.domain.clock import from_epoch_ms, to_epoch_ms
from notification_core.domain.due import WakeUp
from notification_core.ports import HasClock, HasSleep


class TurnPorts(HasClock, HasSleep, Protocol):
    """The ports that these use cases need."""


def as_they_come_due(ports: TurnPorts, wake_ups: Sequence[WakeUp]) -> Iterator[list[WakeUp]]:
    """Yield the wake-ups at their exact due times, and wait in between.

    If a notification has several wake-ups, the latest comes first, and claims by the others then
    fail. They are attempted anyway, because the queue message may be stale.
    """
    waiting = list(wake_ups)
    while waiting:
        while (ahead := from_epoch_ms(waiting[0].due_at) - ports.clock()) > timedelta(0):
            ports.sleep(ahead.total_seconds())
        now_ms = to_epoch_ms(ports.clock())
        yield from _turns([wake_up for wake_up in waiting if wake_up.due_at <= now_ms])
        waiting = [wake_up for wake_up in waiting if wake_up.due_at > now_ms]


def _turns(due: Sequence[WakeUp]) -> Iterator[list[WakeUp]]:
    """Split wake-ups in time order into parts with at most one wake-up per notification."""
    left = list(due)
    while left:
        latest = {wake_up.id: wake_up for wake_up in left}
        yield list(latest.values())
        left = [wake_up for wake_up in left if wake_up != latest[wake_up.id]]
