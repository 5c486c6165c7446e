"""Which shard holds a notification, and when its message should come."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notification_core.domain.clock import from_epoch_ms, to_epoch_ms
from notification_core.domain.due import delay_until, shard_of, shards_of
from notification_core.domain.modules import Precision
from notification_core.domain.timing import LEAD, MAX_DELAY
from tests.builders import NOON

dues = st.integers(-(10**8), 10**8).map(lambda ms: to_epoch_ms(NOON) + ms)
ONE_SECOND = timedelta(seconds=1)


@settings(deadline=None)
@given(dues, st.sampled_from(Precision))
def test_a_delay_is_one_that_a_queue_takes(due_at: int, precision: Precision) -> None:
    delay = delay_until(due_at, NOON, precision)

    assert isinstance(delay, int)
    assert 0 <= delay <= MAX_DELAY.total_seconds()


@settings(deadline=None)
@given(st.integers(-(10**8), 900_000))
def test_with_a_precision_of_a_second_a_message_never_comes_before_its_time(ahead: int) -> None:
    due = NOON + timedelta(milliseconds=ahead)

    comes = NOON + timedelta(seconds=delay_until(to_epoch_ms(due), NOON))

    assert comes == NOON >= due or timedelta(0) <= comes - due < ONE_SECOND


@settings(deadline=None)
@given(dues)
def test_with_exact_precision_a_message_never_comes_after_its_time(due_at: int) -> None:
    comes = NOON + timedelta(seconds=delay_until(due_at, NOON, Precision.EXACT))

    assert comes <= max(from_epoch_ms(due_at), NOON)


@settings(deadline=None)
@given(st.integers(0, 900_000))
def test_with_exact_precision_it_comes_early_by_the_lead_and_up_to_a_second(ahead: int) -> None:
    due = NOON + timedelta(milliseconds=ahead)

    comes = NOON + timedelta(seconds=delay_until(to_epoch_ms(due), NOON, Precision.EXACT))

    assert comes == NOON or LEAD <= due - comes < LEAD + ONE_SECOND


@pytest.mark.parametrize(
    ("ahead_ms", "delay", "exact"),
    [
        (-5000, 0, 0),
        (0, 0, 0),
        (1, 1, 0),
        (999, 1, 0),
        (1000, 1, 0),
        (1001, 2, 0),
        (1999, 2, 0),
        (2000, 2, 1),
        (60_000, 60, 59),
        (60_001, 61, 59),
        (901_000, 900, 900),
    ],
)
def test_the_delay_is_what_is_left_rounded_up_or_less_the_lead(
    ahead_ms: int, delay: int, exact: int
) -> None:
    due_at = to_epoch_ms(NOON) + ahead_ms

    assert delay_until(due_at, NOON) == delay
    assert delay_until(due_at, NOON, Precision.EXACT) == exact


@settings(deadline=None)
@given(st.text(max_size=40), st.uuids().map(str), st.integers(1, 64))
def test_a_shard_is_one_of_the_modules_and_always_the_same(
    module: str, notification_id: str, shards: int
) -> None:
    shard = shard_of(module, notification_id, shards)

    assert shard in shards_of(module, shards)
    assert shard == shard_of(module, notification_id, shards)


def test_a_shard_outlives_the_process_that_chose_it() -> None:
    """What waits in the index would be lost to another choice."""
    notification_id = "0b9cf1a8-5f0e-5a63-9f3f-6d1f5d0d8a01"

    assert shard_of("email", notification_id, 4) == "email#1"


def test_the_shards_of_a_module_are_numbered() -> None:
    assert shards_of("sms", 3) == ["sms#0", "sms#1", "sms#2"]


def test_notifications_spread_over_the_shards() -> None:
    found = [shard_of("sms", f"{n:032x}", 4) for n in range(1000)]

    assert all(200 < found.count(shard) < 300 for shard in shards_of("sms", 4))
