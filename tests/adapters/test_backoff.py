"""The wait between two attempts."""

import random

import pytest

from notification_core.adapters.backoff import backoff


def test_the_longest_wait_doubles_with_each_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "uniform", lambda _, longest: longest)

    assert [backoff(attempt) for attempt in (1, 2, 3)] == [0.1, 0.2, 0.4]
    assert backoff(1, base=0.1) == 0.2


def test_a_wait_is_random_up_to_the_longest() -> None:
    waits = [backoff(1) for _ in range(100)]

    assert 0 <= min(waits) < max(waits) <= 0.1
