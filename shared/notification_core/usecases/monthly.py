"""List entries that are stored by month, newest first, page by page."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import repeat
from typing import Protocol, TypeVar

from notification_core.domain.errors import InvalidInput
from notification_core.domain.months import month_of, months_back, split_token
from notification_core.domain.paging import Page


class Monthly(Protocol):
    """An entry of such a listing."""

    @property
    def month(self) -> str:
        """The month that lists it."""
        ...

    @property
    def position(self) -> str:
        """Its place in the month."""
        ...


Entry = TypeVar("Entry", bound=Monthly)

#: Months that are read at the same time where the newest one has too few entries.
PARALLEL = 7

#: Returns the entries of a month, newest first: at most a number of them, before a position.
ReadMonth = Callable[[str, int, str | None], Sequence[Entry]]


def list_months(
    read: ReadMonth[Entry], limit: int, before: str | None, now: datetime, kept: timedelta
) -> Page[Entry]:
    """Return a page of the listing; `next` is for `before`.

    Args:
        read: reads one month.
        limit: the most entries of the page.
        before: the `next` of the page before, or None for the newest entries.
        now: the current time.
        kept: how long an entry is kept.

    Raises:
        InvalidInput: `before` is not a token of this listing.
    """
    newest = month_of(now)
    begin = split_token(before or newest)
    # A month in the future would be as many queries as there are months until then.
    if begin is None or begin[0] > newest:
        raise InvalidInput.of("next", "is not a token of this listing")
    month, position = begin
    entries = list(read(month, limit + 1, position or None))
    months = list(months_back(month, month_of(now - kept)))[1:]
    while months and len(entries) <= limit:
        together, months = months[:PARALLEL], months[PARALLEL:]
        count = limit + 1 - len(entries)
        with ThreadPoolExecutor(PARALLEL) as workers:
            pages = workers.map(read, together, repeat(count), repeat(None))
            entries += [entry for page in pages for entry in page]
    if len(entries) <= limit:
        return Page(entries)
    last = entries[limit - 1]
    return Page(entries[:limit], f"{last.month}/{last.position}")
