"""What an answer says of an attempt."""

import math

import pytest

from notifications.domain.outcome import FAILURES, Blame
from notifications.edge.failures import TIMEOUT, blame_of_status, failure


@pytest.mark.parametrize(
    ("statuses", "blame"),
    [
        ([400, 402, 404, 405, 410, 413, 415, 422, 451], Blame.PERMANENT),
        ([401, 403], Blame.CONFIGURATION),
        ([408, 425], Blame.TRANSIENT),
        ([429], Blame.THROTTLED),
        ([500, 502, 503, 504, 529, 599], Blame.AMBIGUOUS),
    ],
)
def test_a_status_says_who_is_to_blame(statuses: list[int], blame: Blame) -> None:
    assert {blame_of_status(each) for each in statuses} == {blame}


@pytest.mark.parametrize("blame", list(Blame))
def test_there_is_a_failure_for_every_blame(blame: Blame) -> None:
    made = failure(blame, 21211, "words")

    assert type(made) is FAILURES[blame]
    assert (made.code, made.message, made.retry_after) == ("21211", "words", None)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("30", 30),
        ("1.5", 1.5),
        (" 7 ", 7),
        (12, 12),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        ("", None),
        ("nan", None),
        (math.nan, None),
    ],
)
def test_a_retry_after_is_read_in_seconds(header: str | float | None, seconds: float) -> None:
    assert failure(Blame.THROTTLED, 429, retry_after=header).retry_after == seconds


def test_a_provider_has_time_to_answer_and_a_consumer_time_to_record() -> None:
    connect, read = TIMEOUT

    assert 3 < connect < read
    assert 4 * (connect + read) < 60
