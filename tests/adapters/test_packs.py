"""How wake-ups are put together to messages: few messages, and a part of a burst for everybody."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notification_core.adapters.sqs_queues import MESSAGES, PACK, packs, smallest_pack
from notification_core.domain.due import WakeUp


def wake_ups(count: int, delay: int = 0) -> list[tuple[WakeUp, int]]:
    """So many of one delay."""
    return [(WakeUp(1, f"{delay}-{n}"), delay) for n in range(count)]


def sizes(count: int, containers: int) -> list[int]:
    """How many wake-ups each message of a burst holds."""
    return [len(packed) for packed, _ in packs(wake_ups(count), containers)]


@given(
    st.lists(st.integers(0, 3), max_size=400),
    st.integers(1, 20),
)
def test_each_goes_once_with_its_own_delay(delays: list[int], containers: int) -> None:
    given_ = [(WakeUp(1, str(n)), delay) for n, delay in enumerate(delays)]

    sent = [(wake_up, delay) for packed, delay in packs(given_, containers) for wake_up in packed]

    assert Counter(sent) == Counter(given_)


@given(st.integers(1, 5_000), st.integers(1, 20))
def test_no_message_holds_more_than_is_taken_and_only_the_last_fewer_than_is_worth_it(
    count: int, containers: int
) -> None:
    found = sizes(count, containers)

    assert max(found) <= PACK
    assert all(size >= smallest_pack(containers) for size in found[:-1])


@pytest.mark.parametrize(
    ("count", "containers", "size"),
    [
        (1, 10, 1),
        (10, 10, 10),
        (1_000, 10, 10),
        (2_000, 10, 20),
        (10_000, 10, 100),
        (100_000, 10, 100),
        (1_000, 2, 50),
        (100, 2, 50),
        (500, 1, 100),
        (40, 40, 2),
        (1_000, 200, 1),
    ],
)
def test_a_burst_is_cut_for_all_containers(count: int, containers: int, size: int) -> None:
    assert max(sizes(count, containers)) == size


@given(st.integers(1, 20))
def test_of_a_thousand_no_container_is_handed_more_than_its_part_at_once(containers: int) -> None:
    """But for what rounding adds to each of ten messages."""
    assert max(sizes(1_000, containers)) * MESSAGES <= 1_000 / containers + MESSAGES
