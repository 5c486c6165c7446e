"""A fleet of containers under bursts and at rest: who sends, who waits, and how late it gets."""

from itertools import chain

import pytest

from notification_core.domain.timing import LONGEST_WAIT
from tests.entrypoints.fleet import Fleet

pytestmark = pytest.mark.usefixtures("log")

#: Seconds of a request here: the fleet's containers make one after the other.
SHORT = 0.001
#: What floating-point seconds may be wrong by.
MICROSECOND = 1e-6
EITHER = pytest.mark.parametrize("precision", ["second", "exact"])


@pytest.mark.parametrize("of", [100, 500])
@pytest.mark.parametrize("ahead", [0.0, 30.25])
@EITHER
def test_a_burst_for_one_second_is_sent_by_every_container(
    monkeypatch: pytest.MonkeyPatch, precision: str, ahead: float, of: int
) -> None:
    fleet = Fleet(monkeypatch, None, precision=precision, latency=SHORT)
    notifications = fleet.burst(1000, of=of, ahead=ahead)

    fleet.run(notifications, until=60)

    assert len(fleet.fleet) == fleet.containers
    assert max(each.sends for each in fleet.fleet) <= 200, "a fair part for each"
    assert all(0 <= fleet.lateness(each) <= 1.5 for each in notifications)


@EITHER
def test_a_burst_that_is_left_to_the_dispatcher_is_sent_by_every_container(
    monkeypatch: pytest.MonkeyPatch, precision: str
) -> None:
    fleet = Fleet(monkeypatch, None, precision=precision, latency=SHORT)
    notifications = fleet.burst(1000, of=100, ahead=200.5)

    fleet.run(notifications, until=240)

    assert len(fleet.fleet) == fleet.containers
    assert all(0 <= fleet.lateness(each) <= 1.5 for each in notifications)


def singles(fleet: Fleet) -> tuple[list[float], list[float]]:
    """Ask for twenty a second that are due at moments of their own, and now and then for one now.

    Returns how late the former and the latter were sent.
    """
    planned = [fleet.later(n / 20, ahead=5 + n % 7 * 0.143) for n in range(200)]
    at_once = [fleet.later(6.01 + n * 0.333) for n in range(20)]
    fleet.run(fleet.burst(1, of=1, ahead=40), until=60)
    return (
        [fleet.lateness(each) for each in chain(*planned)],
        [fleet.lateness(each) for each in chain(*at_once)],
    )


@EITHER
def test_due_notifications_do_not_queue_behind_those_of_a_later_second(
    monkeypatch: pytest.MonkeyPatch, precision: str
) -> None:
    fleet = Fleet(monkeypatch, None, precision=precision, latency=SHORT)

    planned, at_once = singles(fleet)

    assert (len(planned), len(at_once)) == (200, 20)
    assert min(planned) >= -MICROSECOND
    assert max(planned) <= 1.1
    assert max(at_once) <= 0.05


def test_no_more_than_half_of_an_exact_targets_containers_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fleet = Fleet(monkeypatch, None, precision="exact", latency=SHORT)

    planned, _ = singles(fleet)

    assert fleet.most_waiting() == fleet.containers / 2
    assert sum(late <= 0.02 for late in planned) >= 20, "those that half can wait for are exact"
    assert fleet.handed_back <= 220, "each goes back once at most"


def test_a_target_with_the_precision_of_a_second_never_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fleet = Fleet(monkeypatch, None, latency=SHORT)

    singles(fleet)

    waits = [until - since for each in fleet.fleet for since, until in each.waits]
    assert max(waits, default=0) <= LONGEST_WAIT.total_seconds()
    assert fleet.handed_back == 0


def test_exact_ones_that_are_far_between_are_sent_at_the_moment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fleet = Fleet(monkeypatch, None, containers=2, precision="exact", latency=SHORT)
    asked = [fleet.later(n * 2.37, ahead=4.2) for n in range(12)]

    fleet.run(fleet.burst(1, of=1, ahead=45), until=60)

    late = [fleet.lateness(each) for each in chain(*asked)]
    assert len(late) == 12
    assert all(each == pytest.approx(0, abs=0.005) for each in late)
