"""Pages of listings that examine more entries than they return, or merge several lists."""

import re
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from notification_core.domain.errors import InvalidInput
from notification_core.domain.notification import Notification
from notification_core.domain.paging import IndexEntry, Page
from notification_core.ports import HasNotifications

Entry = TypeVar("Entry", bound=IndexEntry)

#: Lists that are read at the same time.
PARALLEL = 16


class Matches:
    """The matches of a listing so far. When full, it ignores the rest of the entries read."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._items: list[Notification] = []
        self._tokens: list[str] = []
        self._is_cut = False  #: entries after the last item were read and not taken

    @property
    def is_full(self) -> bool:
        """Whether the page has as many items as it may have."""
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


def newest_entries(
    keys: Sequence[str], read: Callable[[str], list[Entry]], size: int
) -> tuple[list[Entry], bool]:
    """Return the newest entries of all lists together, and whether these are all entries.

    The lists are read in parallel. `read` returns at least `size` entries of a list, if there are
    as many. The unread entries of a list may be newer than the entries of other lists, so older
    entries are left out. At least `size` entries are returned, if there are as many.
    """
    with ThreadPoolExecutor(min(len(keys), PARALLEL)) as workers:
        pages = list(workers.map(read, keys))
    oldest = max((page[-1] for page in pages if len(page) >= size), default=None)
    entries = sorted((entry for page in pages for entry in page), reverse=True)
    return [entry for entry in entries if oldest is None or entry >= oldest], oldest is None


def matching_page(
    ports: HasNotifications,
    examined: Iterable[Sequence[IndexEntry]],
    is_match: Callable[[Notification], bool],
    limit: int,
    *,
    is_end: bool,
) -> Page[Notification]:
    """Return a page of the notifications that match, of some batches of entries.

    Each batch is read in one request, until the page is full. `is_end` says whether nothing comes
    after the last batch.
    """
    matches, following = Matches(limit), None
    batches = list(examined)
    for place, batch in enumerate(batches, 1):
        stored = ports.notifications.get([entry.id for entry in batch])
        matches.take(
            (notification is not None and is_match(notification), notification, entry_token(entry))
            for entry, notification in zip(batch, stored, strict=True)
        )
        following = None if is_end and place == len(batches) else entry_token(batch[-1])
        if matches.is_full:
            break
    return matches.page(following)


def entry_token(entry: IndexEntry) -> str:
    """Return the token for the entries after this one."""
    return f"{entry.at}.{entry.id}"


def read_token(token: str) -> tuple[int, str]:
    """Return the time and the id of the entry of a token.

    Raises:
        InvalidInput: it is not a token of this listing.
    """
    parts = re.fullmatch(r"(\d{1,15})\.([\w-]{1,64})", token, re.ASCII)
    if parts is None:
        raise InvalidInput.of("next", "is not a token of this listing")
    return int(parts[1]), parts[2]
