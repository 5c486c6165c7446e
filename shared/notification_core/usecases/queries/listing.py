"""Read notifications, contents included."""

import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

from notification_core.domain.addresses import find_target, is_id
from notification_core.domain.batches import batches
from notification_core.domain.clock import to_epoch_ms
from notification_core.domain.content import Content
from notification_core.domain.errors import InvalidInput, NotFound
from notification_core.domain.notification import Notification
from notification_core.domain.status import FAILED, Status
from notification_core.ports import FailureEntry, Item, Page, Ports
from notification_core.usecases.administration.addresses import get_module
from notification_core.usecases.sending.shards import shards_by_module

#: Entries of one read of a listing that leaves some of them out, whatever its limit is.
READ_SIZE = 100

#: How often such a listing reads for one page: no call makes more than ten requests in a row. A
#: round of a user's listing is a query and a read of what it names.
USER_ROUNDS = 5
#: Of failures, all shards are queried at once, after the reads of targets, module and shards; then
#: what the queries name is read.
FAILURE_READS = 3


def get_notification(ports: Ports, notification_id: str) -> Notification:
    """Return one notification. Raises as `get_stored_notification`."""
    return with_contents(ports, [get_stored_notification(ports, notification_id)])[0]


def get_stored_notification(ports: Ports, notification_id: str) -> Notification:
    """Return one notification without its content, if that is large.

    Raises:
        NotFound: there is none with this id.
    """
    found = ports.notifications.get([notification_id])[0] if is_id(notification_id) else None
    if found is None:
        raise NotFound(f"there is no notification {notification_id}")
    return found


def list_notifications(
    ports: Ports, user: str, status: Status | None, limit: int, after: str | None
) -> Page[Notification]:
    """Return a page of a user's notifications, newest first.

    It may have fewer than `limit`, or none, although there are more: `next` tells.
    """
    read = partial(ports.notifications.list_by_user, user)
    if status is None:
        return _loaded_page(ports, read(limit, after))
    found = _Found(limit)
    for _ in range(USER_ROUNDS):
        page = read(READ_SIZE, after)
        found.take((each.status is status, each, token) for each, token in _entries(page))
        after = page.next
        if found.is_full or after is None:
            break
    return _loaded_page(ports, found.page(after))


def list_failures(
    ports: Ports, target: str, status: Status | None, limit: int, after: str | None
) -> Page[Notification]:
    """Return a page of what failed in a target, over all users, newest first.

    It may have fewer than `limit`, or none, although there are more: `next` tells.

    Raises:
        UnknownTarget: there is no target of this name or id.
        InvalidInput: the status is none of a failure, or `after` is no token of this listing.
    """
    if status is not None and status not in FAILED:
        failed = ", ".join(sorted(FAILED))
        raise InvalidInput.of("status", f"must be one of {failed} where a target is named")
    last = FailureEntry(to_epoch_ms(ports.clock()), "") if after is None else _failure(after)
    wanted = find_target(ports.targets.all(), target)
    module = get_module(ports, wanted.notification_module_name)
    shards = shards_by_module(ports, [module.name])[module.name]
    entries, is_all = _newest(ports, shards, last)
    found, count = _Found(limit), 0
    for batch in list(batches(entries, READ_SIZE))[:FAILURE_READS]:
        read = ports.notifications.get([each.id for each in batch])
        found.take(
            (_is_meant(notification, wanted.id, status), notification, _token(entry))
            for entry, notification in zip(batch, read, strict=True)
        )
        count += len(batch)
        if found.is_full:
            break
    is_end = is_all and count == len(entries)
    return _loaded_page(ports, found.page(None if is_end else _token(entries[count - 1])))


def _is_meant(notification: Notification | None, target: str, status: Status | None) -> bool:
    """Whether an entry's notification failed in the target, if it still stands."""
    if notification is None or notification.target != target:
        return False
    return status in {None, notification.status}


def _newest(
    ports: Ports, shards: list[str], before: FailureEntry
) -> tuple[list[FailureEntry], bool]:
    """Return the newest entries of all shards together, and whether these are all.

    The shards are read at once, `READ_SIZE` of each. Of one that has more, the rest may be newer
    than what others have shown; so there are no fewer than `READ_SIZE`, if there are so many.
    """

    def read(shard: str) -> list[FailureEntry]:
        return ports.notifications.failed(shard, 0, before, READ_SIZE)

    with ThreadPoolExecutor(len(shards)) as workers:
        pages = list(workers.map(read, shards))
    oldest = max((page[-1] for page in pages if len(page) == READ_SIZE), default=None)
    entries = sorted((entry for page in pages for entry in page), reverse=True)
    return [each for each in entries if oldest is None or each >= oldest], oldest is None


def _entries(page: Page[Notification]) -> Iterator[tuple[Notification, str]]:
    return zip(page.items, page.tokens, strict=True)


class _Found:
    """What a listing has found so far; it ends in the middle of what was read, if it is full."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._items: list[Notification] = []
        self._tokens: list[str] = []
        self._is_cut = False  #: something behind the last item was read and not taken

    @property
    def is_full(self) -> bool:
        return len(self._items) == self._limit

    def take(self, entries: Iterable[tuple[bool, Notification | None, str]]) -> None:
        """Take those that are meant, up to the limit: (whether it is, it, the token behind it)."""
        for is_meant, notification, token in entries:
            if self.is_full:
                self._is_cut = True
                return
            if is_meant and notification is not None:
                self._items.append(notification)
                self._tokens.append(token)

    def page(self, following: str | None) -> Page[Notification]:
        """Return the page; `following` is the token behind all that was read."""
        return Page(self._items, self._tokens[-1] if self._is_cut else following, self._tokens)


def _loaded_page(ports: Ports, page: Page[Notification]) -> Page[Notification]:
    return replace(page, items=with_contents(ports, page.items))


def _token(entry: FailureEntry) -> str:
    return f"{entry.at}.{entry.id}"


def _failure(token: str) -> FailureEntry:
    parts = re.fullmatch(r"(\d{1,15})\.([\w-]{1,64})", token, re.ASCII)
    if parts is None:
        raise InvalidInput.of("next", "is not a token of this listing")
    return FailureEntry(int(parts[1]), parts[2])


def page_of(items: list[Item], limit: int, after: str | None) -> Page[Item]:
    """Return a page of what is read whole anyway; its token is a place in the list.

    Raises:
        InvalidInput: the token is not one.
    """
    if after is not None and not after.isdecimal():
        raise InvalidInput.of("next", "is not a token of this listing")
    end = int(after or 0) + limit
    return Page(items[end - limit : end], str(end) if end < len(items) else None)


def with_contents(ports: Ports, notifications: list[Notification]) -> list[Notification]:
    """Return the notifications with their large contents loaded; one that is gone is `lost`.

    Raises what kept a content from being fetched.
    """
    contents = ports.contents.load([each.content for each in notifications])
    return [
        replace(each, content=_loaded(content))
        for each, content in zip(notifications, contents, strict=True)
    ]


def _loaded(content: Content | Exception) -> Content:
    if isinstance(content, Exception):
        raise content
    return content
