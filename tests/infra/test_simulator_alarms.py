"""The state of an alarm, as CloudWatch decides it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.simulator.aws.alarms import query, state, window

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def an_alarm(**changes: Any) -> dict[str, Any]:
    """One that rings above 5, as DescribeAlarms tells of it."""
    values: dict[str, Any] = {
        "Namespace": "notifications",
        "MetricName": "Paused",
        "Dimensions": [{"Name": "module", "Value": "email"}],
        "Statistic": "Maximum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 5.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
        "StateValue": "OK",
        "AlarmConfigurationUpdatedTimestamp": NOON - timedelta(days=1),
    }
    return values | changes


def minutes(*values: float | None) -> dict[datetime, float]:
    """The value of each minute, the running one last; None for no data."""
    begun = [NOON - MINUTE * n for n in reversed(range(len(values)))]
    return {at: value for at, value in zip(begun, values, strict=True) if value is not None}


@pytest.mark.parametrize(
    ("comparison", "value", "expected"),
    [
        ("GreaterThanThreshold", 5, "OK"),
        ("GreaterThanThreshold", 6, "ALARM"),
        ("GreaterThanOrEqualToThreshold", 5, "ALARM"),
        ("LessThanThreshold", 5, "OK"),
        ("LessThanThreshold", 4, "ALARM"),
        ("LessThanOrEqualToThreshold", 5, "ALARM"),
    ],
)
def test_the_comparison_decides(comparison: str, value: float, expected: str) -> None:
    alarm = an_alarm(ComparisonOperator=comparison)

    assert state(alarm, minutes(value), NOON) == expected


@pytest.mark.parametrize(
    ("missing", "before", "expected"),
    [
        ("notBreaching", "ALARM", "OK"),
        ("breaching", "OK", "ALARM"),
        ("missing", "OK", "INSUFFICIENT_DATA"),
        ("ignore", "ALARM", "ALARM"),
    ],
)
def test_every_alarm_defines_the_meaning_of_missing_data(
    missing: str, before: str, expected: str
) -> None:
    assert state(an_alarm(TreatMissingData=missing, StateValue=before), {}, NOON) == expected


def test_it_comes_back_when_what_rang_is_over() -> None:
    assert state(an_alarm(), minutes(9, None), NOON) == "ALARM"
    assert state(an_alarm(), minutes(9, None, None), NOON) == "OK"


def test_the_running_minute_counts_once_it_has_a_value() -> None:
    assert state(an_alarm(), minutes(9, 0), NOON) == "OK"
    assert state(an_alarm(), minutes(0, 9), NOON) == "ALARM"


@pytest.mark.parametrize(
    ("ticks", "expected"),
    [
        ((1, 1, 1, 1, 1, None), "OK"),
        ((None, 1, None, 1, 1, None), "OK"),
        ((None, 1, None, 1, None, None), "ALARM"),
        ((None, None, None, None, None, None), "ALARM"),
    ],
)
def test_three_of_five_minutes_without_a_tick_ring(
    ticks: tuple[float | None, ...], expected: str
) -> None:
    alarm = an_alarm(
        ComparisonOperator="LessThanThreshold",
        Threshold=1.0,
        EvaluationPeriods=5,
        DatapointsToAlarm=3,
        TreatMissingData="breaching",
    )

    assert state(alarm, minutes(*ticks), NOON) == expected


def test_minutes_before_the_alarm_was_made_are_not_missed() -> None:
    alarm = an_alarm(TreatMissingData="breaching", EvaluationPeriods=3, DatapointsToAlarm=2)

    fresh = alarm | {"AlarmConfigurationUpdatedTimestamp": NOON - MINUTE}

    assert (state(alarm, {}, NOON), state(fresh, {}, NOON)) == ("ALARM", "OK")


def test_it_is_asked_for_just_its_own_metric() -> None:
    asked = query(an_alarm(ExtendedStatistic="p99"), 3)

    assert asked["Id"] == "alarm3"
    assert asked["MetricStat"]["Stat"] == "p99"
    assert asked["MetricStat"]["Metric"] == {
        "Namespace": "notifications",
        "MetricName": "Paused",
        "Dimensions": [{"Name": "module", "Value": "email"}],
    }


def test_data_are_asked_for_as_far_back_as_any_alarm_looks() -> None:
    alarms = [an_alarm(), an_alarm(Period=300, EvaluationPeriods=2)]

    since, until = window(alarms, NOON)

    assert since == NOON - timedelta(minutes=15)
    assert until > NOON
