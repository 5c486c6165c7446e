"""The order in which a consumer handles the wake-ups of its batch."""

import time
from collections.abc import Iterator, Sequence
from datetime import timedelta

from notification_core.domain.clock import from_epoch_ms, to_epoch_ms
from notification_core.ports import Ports, WakeUp


def as_they_come_due(ports: Ports, wake_ups: Sequence[WakeUp]) -> Iterator[list[WakeUp]]:
    """Wait for each one's exact moment.

    Of several turns of one notification the latest comes first: the others claim nothing then. They
    are tried all the same, for a message may have said what is not so.
    """
    waiting = list(wake_ups)
    while waiting:
        while (ahead := from_epoch_ms(waiting[0].due_at) - ports.clock()) > timedelta(0):
            time.sleep(ahead.total_seconds())
        now_ms = to_epoch_ms(ports.clock())
        yield from _turns([each for each in waiting if each.due_at <= now_ms])
        waiting = [each for each in waiting if each.due_at > now_ms]


def _turns(due: Sequence[WakeUp]) -> Iterator[list[WakeUp]]:
    """Divide what is in order of time so that no two of a part are of one notification."""
    left = list(due)
    while left:
        latest = {each.id: each for each in left}
        yield list(latest.values())
        left = [each for each in left if each != latest[each.id]]
