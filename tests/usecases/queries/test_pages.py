"""Pages of several lists together, and of the entries that match."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from notification_core.domain.paging import IndexEntry
from notification_core.usecases.queries.pages import (
    entry_token,
    matching_page,
    newest_entries,
    read_token,
)
from tests.builders import World
from tests.usecases.steps import stored


@given(times=st.lists(st.sets(st.integers(0, 30)), min_size=1, max_size=4), size=st.integers(1, 5))
def test_the_newest_entries_of_several_lists_come_first(
    times: Sequence[set[int]], size: int
) -> None:
    lists = {
        str(number): sorted((IndexEntry(at, str(number)) for at in of_one), reverse=True)
        for number, of_one in enumerate(times)
    }
    everything = sorted((entry for each in lists.values() for entry in each), reverse=True)

    entries, is_all = newest_entries(list(lists), lambda key: lists[key][:size], size)

    assert entries == everything[: len(entries)]
    assert len(entries) >= min(size, len(everything))
    assert len(entries) == len(everything) or not is_all


def test_a_page_of_matches_says_where_the_next_one_begins(world: World) -> None:
    entries = [IndexEntry(at, stored(world).id) for at in (5, 4, 3, 2)]
    batches = [entries[:2], entries[2:]]
    wanted = {entries[0].id, entries[3].id}

    def page_of(limit: int, *, is_end: bool) -> tuple[list[str], str | None]:
        page = matching_page(
            world.ports, batches, lambda each: each.id in wanted, limit, is_end=is_end
        )
        return [each.id for each in page.items], page.next

    assert page_of(1, is_end=True) == ([entries[0].id], entry_token(entries[0]))
    assert page_of(9, is_end=True) == ([entries[0].id, entries[3].id], None)
    assert page_of(9, is_end=False) == (
        [entries[0].id, entries[3].id],
        entry_token(entries[3]),
    )


def test_an_entry_that_no_longer_exists_is_left_out(world: World) -> None:
    there = stored(world)
    batch = [IndexEntry(2, "gone"), IndexEntry(1, there.id)]

    page = matching_page(world.ports, [batch], lambda _: True, 9, is_end=True)

    assert (page.items, page.next) == ([there], None)


def test_a_token_is_read_back() -> None:
    entry = IndexEntry(1_772_366_400_000, "0b9cf1a8-5f6c-4d7e-8a43-1f0d5a6c7b21")

    assert IndexEntry(*read_token(entry_token(entry))) == entry
