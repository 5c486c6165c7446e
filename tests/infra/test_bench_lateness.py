"""What the benchmark makes of the moments that it has read."""

import pytest

from tests.benchmarks.figures import BenchError, Goal
from tests.benchmarks.lateness import claimed, completed, percentile
from tests.benchmarks.local_stack import Sent, sent_of

DUE = "2026-03-01T12:00:00.000+00:00"


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([3.0], 0.5, 3.0),
        ([4.0, 1.0, 3.0, 2.0], 0.5, 2.0),
        ([float(n) for n in range(1, 101)], 0.99, 99.0),
        ([float(n) for n in range(1, 31)], 0.99, 30.0),
    ],
)
def test_a_percentile_is_one_of_the_values(
    values: list[float], share: float, expected: float
) -> None:
    assert percentile(values, share) == expected


def test_the_first_claim_and_the_first_send_count() -> None:
    entries = [
        ("claimed", "00.250"),
        ("retry", "01.000"),
        ("claimed", "02.000"),
        ("sent", "02.500"),
    ]
    timeline = [{"event": event, "at": DUE.replace("00.000", at)} for event, at in entries]

    found = sent_of({"scheduled_delivery": DUE, "status": "SENT", "timeline": timeline})

    assert found == Sent(claimed_late=250, recorded_late=2500)


def test_a_confirmation_that_overtakes_the_record_counts_as_the_record() -> None:
    entries = [("claimed", "00.250"), ("delivered", "00.500")]
    timeline = [{"event": event, "at": DUE.replace("00.000", at)} for event, at in entries]

    found = sent_of({"scheduled_delivery": DUE, "status": "DELIVERED", "timeline": timeline})

    assert found == Sent(claimed_late=250, recorded_late=500)


def test_one_that_was_not_sent_makes_the_measurement_void() -> None:
    with pytest.raises(BenchError, match="SCHEDULED"):
        sent_of({"scheduled_delivery": DUE, "status": "SCHEDULED", "timeline": []})


def test_one_that_was_claimed_early_makes_the_measurement_void() -> None:
    with pytest.raises(BenchError, match="claimed 3 ms early"):
        claimed("second", [Sent(5, 9), Sent(-3, 9)], Goal(700), Goal(1500))


def test_half_and_nearly_all_of_a_lateness_have_their_goals() -> None:
    half, most = claimed("second", [Sent(600, 0)] * 20 + [Sent(1600, 0)], Goal(700), Goal(1500))

    assert (half.median, half.passed) == (600, True)
    assert (most.median, most.passed) == (1600, False)


def test_a_burst_is_complete_when_its_last_one_is_recorded() -> None:
    figure = completed("SES", [Sent(0, 1000), Sent(0, 2000), Sent(0, 7000)], Goal(6))

    assert (figure.median, figure.passed) == (7, False)
    assert "half of them after 2.0 s" in figure.note
