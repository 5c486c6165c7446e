"""Read notifications, including their contents."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Protocol

from notification_core.domain.addresses import find_target, is_id
from notification_core.domain.batches import batches
from notification_core.domain.clock import to_epoch_ms
from notification_core.domain.errors import InvalidInput, NotFound
from notification_core.domain.notification import Notification
from notification_core.domain.paging import FailureEntry, Item, Page
from notification_core.domain.status import FAILED, Status
from notification_core.ports import HasClock, HasNotifications, HasTargets
from notification_core.usecases.administration.addresses import get_module
from notification_core.usecases.queries.pages import (
    Matches,
    matching_page,
    newest_entries,
    read_token,
)
from notification_core.usecases.queries.texts import TextPorts, with_texts
from notification_core.usecases.sending.shards import ShardPorts, shards_by_module

#: The number of entries that a filtered listing reads at once, whatever its limit is.
READ_SIZE = 100

#: How often a filtered listing of a user reads for one page, so that no call makes more than ten
#: requests in a row. Each round is a query and a read of the notifications that it names.
USER_ROUNDS = 5
#: How often a listing of failures reads notifications for one page. Before, it reads the targets,
#: the module and the shards, and queries all shards at once.
FAILURE_READS = 3


class ListingPorts(ShardPorts, TextPorts, HasClock, HasNotifications, HasTargets, Protocol):
    """The ports that these use cases need."""


def get_notification(ports: ListingPorts, notification_id: str) -> Notification:
    """Return one notification. Raises the errors of `get_stored_notification`."""
    return with_texts(ports, [get_stored_notification(ports, notification_id)])[0]


def get_stored_notification(ports: HasNotifications, notification_id: str) -> Notification:
    """Return one notification, without its content if the content is large.

    Raises:
        NotFound: no notification has this id.
    """
    stored = ports.notifications.get([notification_id])[0] if is_id(notification_id) else None
    if stored is None:
        raise NotFound(f"there is no notification {notification_id}")
    return stored


def list_notifications(
    ports: ListingPorts, user: str, status: Status | None, limit: int, after: str | None
) -> Page[Notification]:
    """Return a page of a user's notifications, newest first.

    The page may have fewer than `limit` notifications, or none, although there are more. Only
    `next` shows whether there are more.
    """
    read = partial(ports.notifications.list_by_user, user)
    if status is None:
        return loaded_page(ports, read(limit, after))
    matches = Matches(limit)
    for _ in range(USER_ROUNDS):
        page = read(READ_SIZE, after)
        matches.take(
            (notification.status is status, notification, token)
            for notification, token in _entries(page)
        )
        after = page.next
        if matches.is_full or after is None:
            break
    return loaded_page(ports, matches.page(after))


def list_failures(
    ports: ListingPorts, target: str, status: Status | None, limit: int, after: str | None
) -> Page[Notification]:
    """Return a page of the failed notifications of a target, for all users, newest first.

    The page may have fewer than `limit` notifications, or none, although there are more. Only
    `next` shows whether there are more.

    Raises:
        UnknownTarget: there is no target with this name or id.
        InvalidInput: the status is not that of a failure, or `after` is not a token of this
            listing.
    """
    if status is not None and status not in FAILED:
        failed = ", ".join(sorted(FAILED))
        raise InvalidInput.of("status", f"must be one of {failed} where a target is named")
    now = to_epoch_ms(ports.clock())
    last = FailureEntry(now, "") if after is None else FailureEntry(*read_token(after))
    wanted = find_target(ports.targets.all(), target)
    module = get_module(ports, wanted.notification_module_name)
    shards = shards_by_module(ports, [module.name])[module.name]

    def read(shard: str) -> list[FailureEntry]:
        return ports.notifications.failed(shard, 0, last, READ_SIZE)

    entries, is_all = newest_entries(shards, read, READ_SIZE)

    def is_match(notification: Notification) -> bool:
        return notification.target == wanted.id and status in {None, notification.status}

    to_examine = list(batches(entries, READ_SIZE))
    examined = to_examine[:FAILURE_READS]
    is_end = is_all and examined == to_examine
    return loaded_page(ports, matching_page(ports, examined, is_match, limit, is_end=is_end))


def _entries(page: Page[Notification]) -> Iterator[tuple[Notification, str]]:
    return zip(page.items, page.tokens, strict=True)


def loaded_page(ports: TextPorts, page: Page[Notification]) -> Page[Notification]:
    """Return a page with the texts of its notifications, as `with_texts`."""
    return replace(page, items=with_texts(ports, page.items))


def page_of(items: list[Item], limit: int, after: str | None) -> Page[Item]:
    """Return a page of a list that is always read as a whole; its token is a list index.

    Raises:
        InvalidInput: `after` is not a token.
    """
    if after is not None and not after.isdecimal():
        raise InvalidInput.of("next", "is not a token of this listing")
    end = int(after or 0) + limit
    return Page(items[end - limit : end], str(end) if end < len(items) else None)
