"""The items of the counters: how large they are, and what a failed or repeated request changes."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notification_core.adapters.dynamodb.fast.counters import SHARDS, DynamoCounters
from notification_core.domain.counters import LATE, OTHER, Counts
from tests.benchmarks.stub.sizes import UNIT, item_size
from tests.builders import NOON


class Table:
    """A table that stores items by their keys, and loses or rejects requests on demand."""

    def __init__(self) -> None:
        self.items: dict[tuple[str, str], dict[str, Any]] = {}
        self.writes: list[int] = []  #: the size of each item that was written
        self.is_rejecting = False
        self.is_losing_responses = False

    def put_item(self, *, TableName: str, Item: dict[str, Any]) -> object:  # noqa: N803
        assert TableName == "counters"
        if self.is_rejecting:
            raise ConnectionError
        self.writes.append(item_size(Item))
        self.items[Item["day"]["S"], Item["position"]["S"]] = Item
        if self.is_losing_responses:
            raise ConnectionError
        return {}

    def query(self, **request: Any) -> Mapping[str, Any]:
        values = {name: value["S"] for name, value in request["ExpressionAttributeValues"].items()}
        found = [
            item
            for (day, position), item in sorted(self.items.items())
            if day == values[":day"] and values[":first"] <= position <= values[":last"]
        ]
        return {"Items": found}


def sut(table: Table) -> DynamoCounters:
    """The counters of a new process over the table."""
    return DynamoCounters(table, "counters")  # type: ignore[arg-type]


def read(table: Table) -> Counts:
    """The counts of all hours."""
    found = Counts()
    for counts in sut(table).read(NOON, NOON + timedelta(hours=5)).values():
        found += counts
    return found


def store(
    counters: DynamoCounters, counts: dict[tuple[str, str, str], int], hours: int = 0
) -> None:
    """Add and flush."""
    counters.add(Counts(counts))
    counters.flush(NOON + timedelta(hours=hours))


SENT, LATE_KEY = ("target", "SENT", ""), ("target", LATE, "12")
TARGETS = st.integers(min_value=0, max_value=2**16).map(lambda number: str(UUID(int=number)))
CODES = st.text("abcdefghijk-0123456789 ", min_size=1, max_size=64)
OUTCOMES = st.tuples(TARGETS, st.sampled_from(["RETRY", "DELIVERY FAILURE"]), CODES)
LATENESSES = st.tuples(TARGETS, st.just(LATE), st.integers(0, 47).map(str))
COUNTS = st.dictionaries(OUTCOMES | LATENESSES, st.integers(1, 10**6), max_size=30)


@given(st.lists(st.tuples(COUNTS, st.integers(0, 2)), max_size=8))
def test_a_flush_writes_at_most_one_write_unit_and_nothing_is_lost(
    flushes: list[tuple[dict[tuple[str, str, str], int], int]],
) -> None:
    table = Table()
    counters, expected = sut(table), Counts()
    for number, (counts, hour) in enumerate(flushes, start=1):
        store(counters, counts, hours=hour)
        expected += Counts(counts)
        assert len(table.writes) <= number
    for _ in range(60):  # whatever did not fit is stored by the next invocations
        counters.flush(NOON)

    assert max(table.writes, default=0) <= UNIT
    assert sum(read(table).values()) == sum(expected.values())
    assert {key for key in read(table) if key[2] != OTHER} <= expected.keys()


def test_nothing_is_written_without_counts_or_without_a_table() -> None:
    table = Table()
    sut(table).flush(NOON)
    without = DynamoCounters(table, None)  # type: ignore[arg-type]
    store(without, {SENT: 1})

    assert table.writes == []
    assert without.read(NOON, NOON) == {}


def test_codes_that_do_not_fit_into_one_write_unit_are_counted_as_other() -> None:
    table, codes = Table(), [f"{number}".zfill(64) for number in range(20)]

    store(sut(table), {("target", "RETRY", code): 1 for code in codes} | {SENT: 3, LATE_KEY: 4})

    assert read(table) == {SENT: 3, LATE_KEY: 4, ("target", "RETRY", OTHER): 20}


def test_a_request_without_a_response_is_repeated_and_counts_once() -> None:
    table = Table()
    counters = sut(table)
    table.is_losing_responses = True
    for counts in ({SENT: 1}, {SENT: 1}):
        with pytest.raises(ConnectionError):
            store(counters, counts)
    table.is_losing_responses = False
    counters.flush(NOON)

    assert read(table) == {SENT: 2}


def test_a_rejected_request_keeps_the_counts_for_the_next_one() -> None:
    table = Table()
    counters = sut(table)
    store(counters, {SENT: 1})
    table.is_rejecting = True
    with pytest.raises(ConnectionError):
        store(counters, {SENT: 1})
    assert read(table) == {SENT: 1}
    table.is_rejecting = False

    store(counters, {SENT: 1}, hours=1)

    assert read(table) == {SENT: 3}


def test_processes_write_items_of_their_own_in_several_partitions() -> None:
    table = Table()
    for _ in range(40):
        store(sut(table), {SENT: 1})

    assert len(table.items) == 40
    assert {day for day, _ in table.items} == {f"2026-03-01#{number}" for number in range(SHARDS)}
    assert read(table) == {SENT: 40}


def test_a_process_writes_one_item_for_an_hour_which_expires_after_five_weeks() -> None:
    table = Table()
    counters = sut(table)
    for _ in range(9):
        store(counters, {SENT: 1, LATE_KEY: 1})

    [item] = table.items.values()
    assert int(item["expires_at"]["N"]) == (NOON + timedelta(days=35)).timestamp()
