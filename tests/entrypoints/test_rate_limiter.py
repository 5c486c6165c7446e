"""A container's moments: only what will be sent is given one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notification_core.adapters.sqs_queues import MESSAGES
from notification_core.domain.timing import MAX_DELAY
from notification_core.entrypoints.rate_limiter import RateLimiter
from tests.architecture.templates import resources
from tests.builders import a_module

WINDOW = 40.0


class Time:
    """Stands still but for sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def time() -> Time:
    return Time()


def limiter(time: Time, containers: int) -> RateLimiter:
    """The rate limiter of one of so many containers."""
    return RateLimiter(containers, time.monotonic, time.sleep)


def test_a_container_has_its_share_of_the_pace(time: Time) -> None:
    mine, module, began = limiter(time, 10), a_module(max_per_second=20), time.now

    assert all(mine.wait(module, 1, began + WINDOW) for _ in range(21))
    assert time.now == pytest.approx(began + 10)


def test_an_unpaced_target_waits_for_nothing_and_takes_everything(time: Time) -> None:
    mine, module, began = limiter(time, 10), a_module(), time.now

    assert all(mine.wait(module, 100, began) for _ in range(1000))
    assert time.now == began
    assert mine.room(module, 1000, began) is None


def test_nothing_is_begun_after_the_deadline_of_a_paced_or_an_unpaced_target(time: Time) -> None:
    for module in (a_module(), a_module(max_per_second=1)):
        assert not limiter(time, 1).wait(module, 1, time.now - 0.001)


@settings(deadline=None)
@given(share=st.integers(1, 150), containers=st.integers(1, 50))
def test_no_second_of_all_containers_has_more_than_the_pace_and_a_request_of_each(
    share: int, containers: int
) -> None:
    """All begin in the same moment, with requests as full as may be."""
    time, rate = Time(), share * containers
    requests: list[tuple[float, int]] = []
    for container in [limiter(time, containers) for _ in range(containers)]:
        time.now = 1000.0
        for _ in range(4):
            size = container.request_size(a_module(max_per_second=rate), 100)
            assert container.wait(a_module(max_per_second=rate), size, float("inf"))
            requests.append((time.now, size))

    for begin, size in requests:
        sent = sum(number for at, number in requests if begin <= at < begin + 0.999)
        assert sent <= (rate if share <= 100 else rate + containers * size)


def test_an_unpaced_target_fills_its_requests(time: Time) -> None:
    assert limiter(time, 10).request_size(a_module(), 100) == 100
    assert limiter(time, 10).request_size(a_module(max_per_second=600), 100) == 60
    assert limiter(time, 2).request_size(a_module(max_per_second=600), 100) == 100


histories = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.integers(1, 5)),
        st.tuples(st.just("room"), st.integers(0, 2000)),
        st.tuples(st.just("refused"), st.just(0)),
        st.tuples(st.just("pass"), st.integers(0, 200)),
    ),
    max_size=60,
)


@given(history=histories, rate=st.sampled_from([0.02, 0.2, 1.0, 10.0, 300.0]))
def test_after_any_history_the_next_moment_is_at_most_one_request_past_the_deadline(
    history: list[tuple[str, int]], rate: float
) -> None:
    time = Time()
    mine = limiter(time, 10)
    module, latest = a_module(max_per_second=rate), time.now
    for act, number in history:
        deadline = time.now + WINDOW
        if act == "wait":
            latest = max(latest, deadline + number * 10 / rate)
            mine.wait(module, number, deadline)
        elif act == "room":
            room = mine.room(module, number, deadline)
            assert room is not None
            assert room.sends + len(room.delays) == number
            assert all(0 <= each <= MAX_DELAY.total_seconds() for each in room.delays)
        elif act == "refused":
            assert mine.refused(module) >= 1
        else:
            time.sleep(number)
        assert mine._next <= latest
        assert mine._again <= time.now + MAX_DELAY.total_seconds() + 1 / rate


def test_a_refused_request_uses_no_moment(time: Time) -> None:
    mine, module = limiter(time, 10), a_module(max_per_second=10)
    for _ in range(41):
        assert mine.wait(module, 1, 1000.0 + WINDOW)

    for _ in range(1000):
        assert not mine.wait(module, 1, 1000.0 + WINDOW)
        mine.refused(module)

    assert mine.wait(module, 1, time.now + WINDOW), "the next run sends again"


def test_the_refused_ones_come_again_at_the_targets_rate(time: Time) -> None:
    mine, module = limiter(time, 8), a_module(max_per_second=8)

    room = mine.room(module, 1000, time.now + WINDOW)

    assert room is not None
    assert room.sends == 40
    assert [room.delays.count(second) for second in range(120)] == [8] * 120


def test_those_of_a_later_run_come_again_after_those_of_an_earlier_one(time: Time) -> None:
    mine, module = limiter(time, 10), a_module(max_per_second=10)

    mine.room(module, 140, time.now + WINDOW)
    later = mine.room(module, 140, time.now + WINDOW)

    assert later is not None
    assert (later.delays[0], later.delays[-1]) == (10, 19)


def test_claimed_and_refused_notifications_come_again_at_the_targets_rate_too(time: Time) -> None:
    mine, module = limiter(time, 10), a_module(max_per_second=0.5)

    assert [mine.refused(module) for _ in range(3)] == [1, 2, 4]
    assert mine.refused(a_module()) == 1


@pytest.mark.parametrize("rate", [1.0, 5.0, 10.0, 24.0, 100.0])
def test_a_full_batch_of_what_is_handed_back_fits_into_one_run(time: Time, rate: float) -> None:
    mine, module = limiter(time, 10), a_module(max_per_second=rate)
    room = mine.room(module, 10_000, time.now + WINDOW)
    assert room is not None
    assert mine.wait(module, 1, time.now)  # a run before this one used a part of the interval

    again = mine.room(module, room.pack * MESSAGES, time.now + WINDOW)

    assert again is not None
    assert room.pack == 1 or again.delays == []


def test_a_container_without_room_is_not_asked_again_before_it_has_some(time: Time) -> None:
    mine, module = limiter(time, 10), a_module(max_per_second=0.1)
    assert mine.wait(module, 1, time.now + WINDOW)

    room = mine.room(module, 1, time.now + WINDOW)

    assert room is not None
    assert (room.sends, list(room.delays)) == (0, [60])


def test_a_batch_has_as_many_messages_as_the_pace_reckons_with() -> None:
    functions = resources("AWS::Serverless::Function")
    consumers = [each for each in functions.values() if "MODULE" in str(each.get("Environment"))]

    assert {
        int(event["Properties"]["BatchSize"])
        for each in consumers
        for event in each["Events"].values()
    } == {MESSAGES}
