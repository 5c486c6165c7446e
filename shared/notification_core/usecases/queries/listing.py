"""Read notifications, including their contents."""

import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Protocol

from notification_core.domain.addresses import find_target, is_id
from notification_core.domain.batches import batches
from notification_core.domain.clock import to_epoch_ms
from notification_core.domain.content import Content
from notification_core.domain.errors import InvalidInput, NotFound
from notification_core.domain.notification import Notification
from notification_core.domain.paging import FailureEntry, Item, Page
from notification_core.domain.status import FAILED, Status
from notification_core.ports import HasClock, HasContents, HasNotifications, HasTargets
from notification_core.usecases.administration.addresses import get_module
from notification_core.usecases.sending.shards import ShardPorts, shards_by_module

#: The number of entries that a filtered listing reads at once, whatever its limit is.
READ_SIZE = 100

#: How often a filtered listing of a user reads for one page, so that no call makes more than ten
#: requests in a row. Each round is a query and a read of the notifications that it names.
USER_ROUNDS = 5
#: How often a listing of failures reads notifications for one page. Before, it reads the targets,
#: the module and the shards, and queries all shards at once.
FAILURE_READS = 3


class ListingPorts(ShardPorts, HasClock, HasContents, HasNotifications, HasTargets, Protocol):
    """The ports that these use cases need."""


def get_notification(ports: ListingPorts, notification_id: str) -> Notification:
    """Return one notification. Raises the errors of `get_stored_notification`."""
    return with_contents(ports, [get_stored_notification(ports, notification_id)])[0]


def get_stored_notification(ports: HasNotifications, notification_id: str) -> Notification:
    """Return one notification, without its content if the content is large.

    Raises:
        NotFound: there is no notification with this id.
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
        return _loaded_page(ports, read(limit, after))
    matches = _Matches(limit)
    for _ in range(USER_ROUNDS):
        page = read(READ_SIZE, after)
        matches.take(
            (notification.status is status, notification, token)
            for notification, token in _entries(page)
        )
        after = page.next
        if matches.is_full or after is None:
            break
    return _loaded_page(ports, matches.page(after))


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
    last = FailureEntry(to_epoch_ms(ports.clock()), "") if after is None else _failure(after)
    wanted = find_target(ports.targets.all(), target)
    module = get_module(ports, wanted.notification_module_name)
    shards = shards_by_module(ports, [module.name])[module.name]
    entries, is_all = _newest(ports, shards, last)
    matches, count = _Matches(limit), 0
    for batch in list(batches(entries, READ_SIZE))[:FAILURE_READS]:
        stored = ports.notifications.get([entry.id for entry in batch])
        matches.take(
            (_matches(notification, wanted.id, status), notification, _token(entry))
            for entry, notification in zip(batch, stored, strict=True)
        )
        count += len(batch)
        if matches.is_full:
            break
    is_end = is_all and count == len(entries)
    return _loaded_page(ports, matches.page(None if is_end else _token(entries[count - 1])))


def _matches(notification: Notification | None, target: str, status: Status | None) -> bool:
    """Whether an entry's notification failed in the target, if it still exists."""
    if notification is None or notification.target != target:
        return False
    return status in {None, notification.status}


def _newest(
    ports: HasNotifications, shards: list[str], before: FailureEntry
) -> tuple[list[FailureEntry], bool]:
    """Return the newest entries of all shards together, and whether these are all entries.

    The shards are read in parallel, `READ_SIZE` entries of each. The unread entries of a shard may
    be newer than the entries of other shards, so older entries are left out. At least `READ_SIZE`
    entries are returned, if there are as many.
    """

    def read(shard: str) -> list[FailureEntry]:
        return ports.notifications.failed(shard, 0, before, READ_SIZE)

    with ThreadPoolExecutor(len(shards)) as workers:
        pages = list(workers.map(read, shards))
    oldest = max((page[-1] for page in pages if len(page) == READ_SIZE), default=None)
    entries = sorted((entry for page in pages for entry in page), reverse=True)
    return [entry for entry in entries if oldest is None or entry >= oldest], oldest is None


def _entries(page: Page[Notification]) -> Iterator[tuple[Notification, str]]:
    return zip(page.items, page.tokens, strict=True)


class _Matches:
    """The matches of a listing so far. When full, it ignores the rest of the entries read."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._items: list[Notification] = []
        self._tokens: list[str] = []
        self._is_cut = False  #: entries after the last item were read and not taken

    @property
    def is_full(self) -> bool:
        return len(self._items) == self._limit

    def take(self, entries: Iterable[tuple[bool, Notification | None, str]]) -> None:
        """Take matching entries up to the limit: (whether it matches, it, the token after it)."""
        for is_match, notification, token in entries:
            if self.is_full:
                self._is_cut = True
                return
            if is_match and notification is not None:
                self._items.append(notification)
                self._tokens.append(token)

    def page(self, following: str | None) -> Page[Notification]:
        """Return the page; `following` is the token after all entries read."""
        return Page(self._items, self._tokens[-1] if self._is_cut else following, self._tokens)


def _loaded_page(ports: HasContents, page: Page[Notification]) -> Page[Notification]:
    return replace(page, items=with_contents(ports, page.items))


def _token(entry: FailureEntry) -> str:
    return f"{entry.at}.{entry.id}"


def _failure(token: str) -> FailureEntry:
    parts = re.fullmatch(r"(\d{1,15})\.([\w-]{1,64})", token, re.ASCII)
    if parts is None:
        raise InvalidInput.of("next", "is not a token of this listing")
    return FailureEntry(int(parts[1]), parts[2])


def page_of(items: list[Item], limit: int, after: str | None) -> Page[Item]:
    """Return a page of a list that is always read as a whole; its token is a list index.

    Raises:
        InvalidInput: `after` is not a token.
    """
    if after is not None and not after.isdecimal():
        raise InvalidInput.of("next", "is not a token of this listing")
    end = int(after or 0) + limit
    return Page(items[end - limit : end], str(end) if end < len(items) else None)


def with_contents(ports: HasContents, notifications: list[Notification]) -> list[Notification]:
    """Return the notifications with large contents loaded; a deleted content is `lost`.

    Raises the error of a content that could not be loaded.
    """
    contents = ports.contents.load([notification.content for notification in notifications])
    return [
        replace(notification, content=_loaded(content))
        for notification, content in zip(notifications, contents, strict=True)
    ]


def _loaded(content: Content | Exception) -> Content:
    if isinstance(content, Exception):
        raise content
    return content
