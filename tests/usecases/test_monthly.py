"""Pages of entries that are stored by month."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from notification_core.domain.errors import InvalidInput
from notification_core.domain.months import month_of, position_of
from notification_core.usecases.monthly import list_months
from tests.builders import NOON

KEPT = timedelta(days=62)


@dataclass(frozen=True)
class Entry:
    """An entry of a test."""

    at: datetime

    @property
    def month(self) -> str:
        """The month that lists it."""
        return month_of(self.at)

    @property
    def position(self) -> str:
        """Its place in the month."""
        return position_of(self.at, "1")


ENTRIES = [Entry(NOON - timedelta(days=days)) for days in range(0, 120, 5)]


def read(month: str, limit: int, before: str | None) -> Sequence[Entry]:
    """Return the entries of a month."""
    entries = [entry for entry in ENTRIES if entry.month == month]
    return [entry for entry in entries if before is None or entry.position < before][:limit]


@pytest.mark.parametrize("limit", [1, 2, 5, 100])
def test_pages_show_each_entry_of_the_kept_months_once(limit: int) -> None:
    shown: list[Entry] = []
    token = None
    while True:
        page = list_months(read, limit, token, NOON, KEPT)
        assert len(page.items) <= limit
        shown += page.items
        if (token := page.next) is None:
            break

    assert shown == [entry for entry in ENTRIES if entry.month >= month_of(NOON - KEPT)]
    assert len(shown) < len(ENTRIES)


@pytest.mark.parametrize("token", ["eyJpZCI6", "2026-13", "9999-12", "2026-04"])
def test_a_token_of_another_listing_or_of_the_future_is_refused(token: str) -> None:
    with pytest.raises(InvalidInput, match="is not a token of this listing"):
        list_months(read, 1, token, NOON, KEPT)
