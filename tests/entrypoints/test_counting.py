"""A run of a consumer counts what became of its notifications, and how late they were."""

import io
from datetime import datetime

import pytest

from notification_core.domain.counters import Counts
from notification_core.domain.failures import InvalidAddress, Rejected, RetryLater
from notification_core.domain.status import Status
from notification_core.entrypoints.consumer import consumer
from notification_core.entrypoints.counting import RESERVE_MS
from tests.builders import World
from tests.entrypoints.events import Context, body, refusing, run, stored


def counted(world: World) -> dict[tuple[str, str], int]:
    """The counts of the world's notifications that were stored, without lateness."""
    counts = sum(world.counters.stored.values(), start=Counts())
    return {(what, code): count for (_, what, code), count in counts.items() if what != "late"}


@pytest.mark.usefixtures("log")
def test_a_run_stores_its_outcomes_and_its_lateness_once(world: World) -> None:
    notifications = stored(world, 3)
    world.watch.forward(seconds=2)

    run(consumer(lambda _: "SM1"), *(body(each) for each in notifications))

    target = notifications[0].target
    [(hour, counts)] = world.counters.stored.items()
    assert hour == world.watch.now.replace(minute=0, second=0, microsecond=0)
    assert counts == {
        (target, "SENT", ""): 3,
        (target, "DELIVERED", ""): 3,
        (target, "late", "13"): 3,
    }
    assert not world.counters.added


@pytest.mark.usefixtures("log")
def test_a_message_that_comes_again_counts_nothing(world: World) -> None:
    [notification] = stored(world)
    handler = consumer(lambda _: "SM1")

    run(handler, body(notification))
    run(handler, body(notification))

    assert counted(world) == {("SENT", ""): 1, ("DELIVERED", ""): 1}


@pytest.mark.usefixtures("log")
def test_a_retry_and_the_end_after_it_are_counted_with_their_codes(world: World) -> None:
    [notification] = stored(world)
    run(consumer(refusing(RetryLater("503"))), body(notification))
    waiting = world.stored(notification)
    assert waiting.due_at is not None
    world.watch.now = waiting.due_at

    run(consumer(refusing(Rejected("invalid-url"))), body(waiting))

    assert counted(world) == {("RETRY", "503"): 1, ("DELIVERY FAILURE", "invalid-url"): 1}


@pytest.mark.usefixtures("log")
def test_no_address_or_user_id_gets_into_the_counters(world: World) -> None:
    """A handler may put anything into its codes."""
    [notification, other] = stored(world, 2)
    address, user = world.record.target_user_id, world.record.user

    run(consumer(refusing(Rejected(address))), body(other))
    run(consumer(refusing(InvalidAddress(f"{user} {address}"))), body(notification))

    assert counted(world) == {("DELIVERY FAILURE", "other"): 1, ("INACTIVE DEVICE", "other"): 1}
    assert address not in str(world.counters.stored)
    assert user not in str(world.counters.stored)


def test_counters_that_cannot_be_stored_fail_no_batch(
    world: World, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    [notification] = stored(world)

    def fail(_: datetime) -> None:
        raise ConnectionError("counters")

    monkeypatch.setattr(world.counters, "flush", fail)

    assert run(consumer(lambda _: "SM1"), body(notification)) == []
    assert world.stored(notification).status is Status.DELIVERED
    assert "the counters could not be stored" in log.getvalue()


class SlowRun(Context):
    """A run that has time for its sends, and then almost none."""

    def get_remaining_time_in_millis(self) -> int:
        remaining, self.remaining = self.remaining, RESERVE_MS - 1
        return remaining


@pytest.mark.usefixtures("log")
def test_a_run_that_is_out_of_time_leaves_its_counts_to_the_next(world: World) -> None:
    [notification] = stored(world)
    handler = consumer(lambda _: "SM1")

    run(handler, body(notification), context=SlowRun())
    assert not world.counters.stored
    run(handler)

    assert counted(world) == {("SENT", ""): 1, ("DELIVERED", ""): 1}
