"""When a failed attempt is tried again."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notification_core.domain import retry
from notification_core.domain.notification import MAX_RETRIES, MAX_RETRY_TIME_INTERVAL
from notification_core.domain.retry import JITTER, MAX_WAIT, postponement, wait_after

failures = st.integers(1, MAX_RETRIES)
intervals = st.integers(1, MAX_RETRY_TIME_INTERVAL)
rates = st.floats(1, 10)

#: What turning seconds into a timedelta may round away.
ROUNDING = timedelta(microseconds=1)


def seconds(number: float) -> timedelta:
    """Spell a duration."""
    return timedelta(seconds=number)


def without_jitter(function: Callable[..., timedelta], *arguments: Any) -> timedelta:
    """Call it with no wait stretched."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(retry, "stretched", lambda unstretched: unstretched)
        return function(*arguments)


@settings(deadline=None)
@given(failures, intervals, rates)
def test_the_wait_is_never_less_than_the_interval(n: int, interval: int, rate: float) -> None:
    assert wait_after(n, interval, rate) >= seconds(interval)


@settings(deadline=None)
@given(failures, intervals, rates)
def test_the_wait_is_stretched_by_a_tenth_at_most(n: int, interval: int, rate: float) -> None:
    plain = without_jitter(wait_after, n, interval, rate)

    assert plain - ROUNDING <= wait_after(n, interval, rate) <= plain * (1 + JITTER) + ROUNDING


def test_simultaneous_failures_are_not_retried_simultaneously() -> None:
    assert len({wait_after(1, 3600, 2) for _ in range(100)}) > 90


@settings(deadline=None)
@given(failures, intervals, rates)
def test_no_wait_grows_beyond_a_day_but_by_the_callers_own_interval(
    n: int, interval: int, rate: float
) -> None:
    assert without_jitter(wait_after, n, interval, rate) <= max(MAX_WAIT, seconds(interval))


@settings(deadline=None)
@given(failures, intervals, rates)
def test_the_wait_never_shrinks_from_one_failure_to_the_next(
    n: int, interval: int, rate: float
) -> None:
    assert without_jitter(wait_after, n, interval, rate) <= without_jitter(
        wait_after, n + 1, interval, rate
    )


@settings(deadline=None)
@given(failures, intervals)
def test_a_backoff_rate_of_one_keeps_the_wait_constant(n: int, interval: int) -> None:
    assert without_jitter(wait_after, n, interval, 1.0) == seconds(interval)


@pytest.mark.parametrize(
    ("n", "rate", "expected"),
    [(1, 2, 60), (2, 2, 120), (5, 2, 960), (12, 2, 86_400), (3, 1.5, 135), (100, 10, 86_400)],
)
def test_the_wait_grows_by_the_backoff_rate(n: int, rate: float, expected: int) -> None:
    assert without_jitter(wait_after, n, 60, rate) == seconds(expected)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [(None, 120), (0, 1), (-5, 1), (0.2, 1), (7, 7), (1e9, 86_400), (float("inf"), 86_400)],
)
def test_a_postponement_is_what_the_provider_asked_within_reason(
    asked: float | None, expected: int
) -> None:
    assert without_jitter(postponement, 3, asked) == seconds(expected)
    assert (
        seconds(expected) <= postponement(3, asked) <= seconds(expected * (1 + JITTER)) + ROUNDING
    )


@pytest.mark.parametrize(("times", "expected"), [(0, 15), (1, 30), (4, 240), (5, 300), (999, 300)])
def test_a_postponement_grows_while_the_provider_names_no_time(times: int, expected: int) -> None:
    assert without_jitter(postponement, times, None) == seconds(expected)
