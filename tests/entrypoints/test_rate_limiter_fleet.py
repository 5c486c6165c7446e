"""A paced target under bursts: all of it goes, at the rate, and hardly anything goes in circles."""

import pytest

from tests.entrypoints.fleet import Fleet

pytestmark = pytest.mark.usefixtures("log")


def drained(
    monkeypatch: pytest.MonkeyPatch, rate: float, burst: int, *, of: int, at_once: int
) -> Fleet:
    """Send a burst through a fleet of ten; the promises that hold for every rate are kept."""
    fleet = Fleet(monkeypatch, rate, at_once=at_once)
    notifications = fleet.burst(burst, of=of)

    fleet.run(notifications, until=burst / rate * 5)

    assert len(fleet.sent) == burst
    assert fleet.postponed(notifications) == 0, "what was claimed had room"
    for seconds in (1, 10, 60):  # each of the containers may begin with one
        assert fleet.most_within(seconds) <= rate * seconds + fleet.containers
    return fleet


@pytest.mark.parametrize(
    ("rate", "burst", "of", "at_once"),
    [
        (10, 1000, 100, 10),  # one container is handed all of it
        (10, 1000, 100, 1),  # each is handed a tenth
        (10, 1000, 1, 10),
        (10, 3000, 100, 10),
        (50, 5000, 100, 10),
    ],
)
def test_a_burst_goes_at_the_rate_and_is_put_back_less_than_once_each(
    monkeypatch: pytest.MonkeyPatch, rate: float, burst: int, of: int, at_once: int
) -> None:
    fleet = drained(monkeypatch, rate, burst, of=of, at_once=at_once)

    assert fleet.handed_back < burst
    assert max(fleet.sent) <= burst / rate * 1.1 + 5


@pytest.mark.parametrize("of", [1, 15])
@pytest.mark.parametrize("at_once", [1, 10])
def test_a_pace_of_less_than_one_send_in_a_run_is_kept_and_ends(
    monkeypatch: pytest.MonkeyPatch, of: int, at_once: int
) -> None:
    """With 0.2/s and ten containers each sends every 50 seconds, and may wait for 40 of them."""
    fleet = drained(monkeypatch, 0.2, 15, of=of, at_once=at_once)

    assert fleet.handed_back < 5 * 15
    assert max(fleet.sent) <= 2.5 * 15 / 0.2


def test_a_long_backlog_is_not_handed_round_faster_than_the_longest_delay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fleet = Fleet(monkeypatch, 0.2, containers=2)
    notifications = fleet.burst(1000, of=100)

    fleet.run(notifications, until=3600)

    assert fleet.most_within(3600) == pytest.approx(0.2 * 3600, rel=0.05)
    assert fleet.handed_back < 8 * 1000
