"""What the store of the counters does, in memory and in the emulator."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from notification_core.domain.counters import Counts
from notification_core.ports import Ports
from tests.builders import NOON

HOUR = timedelta(hours=1)


@pytest.fixture
def target() -> str:
    """A target that no other test has: the emulator's table is shared."""
    return f"target-{uuid4()}"


def read(ports: Ports, target: str, since: datetime, until: datetime) -> dict[datetime, Counts]:
    """The counts of one target."""
    found = {
        hour: Counts({key: count for key, count in counts.items() if key[0] == target})
        for hour, counts in ports.counters.read(since, until).items()
    }
    return {hour: counts for hour, counts in found.items() if counts}


def test_counts_are_added_up_by_the_hour_of_their_flush(ports: Ports, target: str) -> None:
    sent, failed = (target, "SENT", ""), (target, "DELIVERY FAILURE", "21617")
    ports.counters.add(Counts({sent: 2}))
    ports.counters.add(Counts({sent: 1, failed: 1}))
    ports.counters.flush(NOON + timedelta(minutes=59))
    ports.counters.add(Counts({sent: 5}))
    ports.counters.flush(NOON + timedelta(minutes=59, seconds=59))
    ports.counters.add(Counts({failed: 4}))
    ports.counters.flush(NOON + HOUR)

    assert read(ports, target, NOON, NOON + HOUR) == {
        NOON: {sent: 8, failed: 1},
        NOON + HOUR: {failed: 4},
    }


def test_counts_that_were_not_flushed_are_not_read(ports: Ports, target: str) -> None:
    key = (target, "SENT", "")
    ports.counters.add(Counts({key: 1}))

    assert read(ports, target, NOON, NOON) == {}
    ports.counters.flush(NOON)
    ports.counters.flush(NOON)
    assert read(ports, target, NOON, NOON) == {NOON: {key: 1}}


def test_only_the_hours_asked_for_are_read_across_days(ports: Ports, target: str) -> None:
    key = (target, "late", "12")
    hours = [NOON + step * HOUR for step in (0, 11, 12, 36)]
    for hour in hours:
        ports.counters.add(Counts({key: 1}))
        ports.counters.flush(hour)

    found = read(ports, target, NOON + timedelta(minutes=61), NOON + 36 * HOUR)

    assert sorted(found) == hours[1:]
    assert read(ports, target, NOON + HOUR, NOON + 10 * HOUR) == {}


def test_many_counts_are_read_back_whole(ports: Ports, target: str) -> None:
    """They fill several items."""
    expected = Counts()
    for number in range(60):
        counts = Counts({(target, "RETRY", str(number)): 1, (target, "SENT", ""): number + 1})
        expected += counts
        ports.counters.add(counts)
        ports.counters.flush(NOON + 100 * HOUR)

    assert read(ports, target, NOON + 100 * HOUR, NOON + 100 * HOUR) == {
        NOON + 100 * HOUR: expected
    }
