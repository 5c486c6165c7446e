"""Send a notification's message at once when its time is near; the dispatcher does the rest."""

from collections import defaultdict
from collections.abc import Iterable

from notifications.domain.batches import batches
from notifications.domain.clock import to_epoch_ms
from notifications.domain.due import delay_until
from notifications.domain.notification import Notification
from notifications.domain.polls import Poll
from notifications.domain.timing import SELF_ENQUEUE
from notifications.ports import Ports, WakeUp

#: Wake-ups handed to the queues at once.
QUEUE_BATCH = 500


def wake_up_of(owed: Notification | Poll) -> WakeUp:
    """Return the due index's entry for a notification that is not final, or for a poll."""
    if owed.due_at is None:
        raise ValueError(f"notification {owed.id} is final: nothing is due")
    return WakeUp(to_epoch_ms(owed.due_at), owed.id)


def enqueue_if_soon(ports: Ports, owed: Iterable[Notification | Poll]) -> None:
    """Send the messages of those that the dispatcher might not see in time.

    A message that is not accepted costs lateness only: the sweep finds what it was for.
    """
    horizon = ports.clock() + SELF_ENQUEUE
    soon: dict[str, list[WakeUp]] = defaultdict(list)
    for each in owed:
        if each.due_at is not None and each.due_at <= horizon:
            soon[each.module].append(wake_up_of(each))
    for module, wake_ups in soon.items():
        for batch in batches(wake_ups, QUEUE_BATCH):
            now = ports.clock()
            ports.queues.send(module, [(each, delay_until(each.due_at, now)) for each in batch])
