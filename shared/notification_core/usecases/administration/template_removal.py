"""Remove a template that no waiting notification needs."""

from collections.abc import Iterator
from itertools import islice
from typing import Protocol

from notification_core.domain.batches import batches
from notification_core.domain.clock import LAST_MOMENT
from notification_core.domain.due import BEGINNING
from notification_core.domain.errors import TemplateInUse
from notification_core.domain.notification import Notification
from notification_core.domain.status import WAITING, Status
from notification_core.domain.transitions import Conflict
from notification_core.ports import HasClock, HasNotifications, HasTemplates
from notification_core.usecases.administration.templates import ATTEMPTS, get_template
from notification_core.usecases.conflicts import retry_on_conflict
from notification_core.usecases.sending.shards import ShardPorts, shards_by_module

#: The number of entries of the due index that a removal examines, within the time of a request:
#: they take 100 requests of DynamoDB, some of them at the same time.
MAX_EXAMINED = 10_000
#: The number of notifications that are read at once.
READ_SIZE = 1000

#: The statuses of a notification that is still to be rendered.
NEEDS_TEMPLATE = WAITING | {Status.SENDING}


class RemovalPorts(ShardPorts, HasClock, HasNotifications, HasTemplates, Protocol):
    """The ports that this use case needs."""


def remove_template(ports: RemovalPorts, name: str) -> None:
    """Remove a template; no request can use it any more.

    Its versions stay readable to notifications that were created at the same moment, and to the
    detail of finished ones. Removing a template again completes a removal that was interrupted.

    Raises:
        NotFound: no template has this name.
        TemplateInUse: a notification that waits refers to it, or too many wait to find out.
    """

    def step() -> None:
        stored = ports.templates.get(name)
        if stored is not None and not stored.exists:
            ports.templates.expire(stored)
        head = get_template(ports, name)
        _refuse_if_in_use(ports, name)
        if not ports.templates.remove(head, head.removed(ports.clock())):
            raise Conflict

    retry_on_conflict(step, ATTEMPTS)


def _refuse_if_in_use(ports: RemovalPorts, name: str) -> None:
    waiting = list(islice(_due_ids(ports), MAX_EXAMINED + 1))
    for ids in batches(waiting[:MAX_EXAMINED], READ_SIZE):
        for notification in ports.notifications.get(ids):
            if notification is not None and _needs(notification, name):
                raise TemplateInUse(
                    f"the notification {notification.id} waits and needs {name}; cancel it, or"
                    " remove the template after it has been sent"
                )
    if len(waiting) > MAX_EXAMINED:
        raise TemplateInUse(
            f"more than {MAX_EXAMINED} notifications wait, too many to check that none of them"
            f" needs {name}; remove it when fewer wait"
        )


def _due_ids(ports: RemovalPorts) -> Iterator[str]:
    """Yield the ids of notifications and polls for which something is scheduled."""
    names = [module.name for module in ports.modules.all()]
    for shards in shards_by_module(ports, names).values():
        for shard in shards:
            for page in ports.notifications.due(shard, BEGINNING, LAST_MOMENT):
                yield from (entry.id for entry in page)


def _needs(notification: Notification, name: str) -> bool:
    use = notification.content.template
    return use is not None and use.ref.name == name and notification.status in NEEDS_TEMPLATE
