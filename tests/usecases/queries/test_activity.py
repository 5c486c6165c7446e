"""The activity of the last hours, from the counters."""

from datetime import timedelta

from notification_core.domain.counters import BOUNDS, LATE, OTHER, Counts
from notification_core.usecases.queries.activity import activity
from tests.builders import World

HOUR = timedelta(hours=1)


def store(world: World, hours_ago: int, counts: dict[tuple[str, str, str], int]) -> None:
    """Store counts of an hour before the current one."""
    world.counters.add(Counts(counts))
    world.counters.flush(world.watch.now - hours_ago * HOUR)


def test_each_target_has_its_numbers_of_each_hour_without_gaps(world: World) -> None:
    store(world, 0, {("a", "SENT", ""): 3, ("a", "DELIVERED", ""): 2, ("b", "SENT", ""): 9})
    store(world, 2, {("a", "DELIVERY FAILURE", "1"): 4, ("a", "UNKNOWN", "2"): 1})
    store(world, 2, {("a", "INACTIVE DEVICE", "1"): 2, ("a", "RETRY", "503"): 7})
    store(world, 3, {("a", "SENT", ""): 100})

    first, second = activity(world.ports, hours=3)

    assert (first.target, second.target) == ("a", "b")
    start = world.watch.now.replace(minute=0) - 2 * HOUR
    assert [period.start for period in first.periods] == [start, start + HOUR, start + 2 * HOUR]
    assert [(each.sent, each.delivered, each.failed, each.retried) for each in first.periods] == [
        (0, 0, 7, 7),
        (0, 0, 0, 0),
        (3, 2, 0, 0),
    ]
    total = first.total
    assert (total.sent, total.delivered, total.failed, total.retried) == (3, 2, 7, 7)
    assert (total.start, total.end) == (start, start + 3 * HOUR)


def test_failures_are_listed_by_code_over_their_statuses(world: World) -> None:
    store(world, 0, {("a", "DELIVERY FAILURE", "1"): 1, ("a", "UNKNOWN", "1"): 2})
    store(world, 1, {("a", "DELIVERY FAILURE", ""): 2, ("a", "DELIVERY FAILURE", OTHER): 5})
    store(world, 1, {("a", "RETRY", "503"): 7, ("a", "OPTED OUT", "21610"): 8})

    [found] = activity(world.ports, hours=24)

    assert found.failures == [(OTHER, 5), ("1", 3), ("", 2)]


def test_the_lateness_of_a_period_is_that_of_its_sends_together(world: World) -> None:
    store(world, 0, {("a", LATE, "0"): 99, ("a", LATE, "20"): 1})
    store(world, 1, {("a", LATE, "30"): 2})
    store(world, 2, {("a", "SENT", ""): 1})

    [found] = activity(world.ports, hours=4, step=2)
    assert [period.lateness for period in found.periods] == [None, BOUNDS[30]]
    [found] = activity(world.ports, hours=3)
    assert [period.lateness for period in found.periods] == [None, BOUNDS[30], BOUNDS[0]]
    assert found.total.lateness == BOUNDS[30]


def test_a_week_in_steps_has_periods_of_the_same_length(world: World) -> None:
    store(world, 167, {("a", "SENT", ""): 1})
    store(world, 168, {("a", "SENT", ""): 10})

    [found] = activity(world.ports, hours=168, step=6)

    assert [period.sent for period in found.periods] == [1] + 27 * [0]
    assert {period.end - period.start for period in found.periods} == {6 * HOUR}
    assert found.periods[-1].end == world.watch.now.replace(minute=0) + HOUR


def test_nothing_was_counted_in_a_new_deployment(world: World) -> None:
    assert activity(world.ports, hours=24) == []
