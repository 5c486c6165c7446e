"""Evaluates the state of an alarm as CloudWatch does.

The emulator's own evaluation merges all dimensions of a metric, uses one period for all alarms and
treats a metric that has ended as continuing. Source: Amazon CloudWatch User Guide, "Alarm
evaluation" and "Configuring how CloudWatch alarms treat missing data".
"""

import operator
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

Alarm = Mapping[str, Any]

OK, ALARM, INSUFFICIENT = "OK", "ALARM", "INSUFFICIENT_DATA"

_OPERATORS = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


def query(alarm: Alarm, number: int) -> dict[str, Any]:
    """Return the query of GetMetricData for an alarm on one metric."""
    metric = {name: alarm[name] for name in ("Namespace", "MetricName")}
    metric["Dimensions"] = alarm.get("Dimensions") or []
    statistic = alarm.get("ExtendedStatistic") or alarm.get("Statistic") or "Average"
    stat = {"Metric": metric, "Period": alarm["Period"], "Stat": statistic}
    return {"Id": f"alarm{number}", "MetricStat": stat}


def window(alarms: Sequence[Alarm], now: datetime) -> tuple[datetime, datetime]:
    """Return the start and the end of the time for which data are needed."""
    longest = max(alarm["Period"] * (alarm["EvaluationPeriods"] + 1) for alarm in alarms)
    return now - timedelta(seconds=longest), now + timedelta(minutes=1)


def state(alarm: Alarm, data: Mapping[datetime, float], now: datetime) -> str:
    """Return the state of an alarm. `data` has a value for each period with data, by its start.

    The current period counts once it has a value, because until then it is not over. Periods before
    the alarm was created do not count, because otherwise each new stack would raise an alarm.
    """
    periods = _periods(alarm, data, now)
    breaches = _OPERATORS[alarm["ComparisonOperator"]]
    values = [data[period] for period in periods if period in data]
    missing = alarm.get("TreatMissingData") or "missing"
    if not values and missing == "ignore":
        return str(alarm["StateValue"])
    if not values and missing == "missing":
        return INSUFFICIENT
    breaching = sum(breaches(value, alarm["Threshold"]) for value in values)
    if missing == "breaching":
        breaching += len(periods) - len(values)
    enough = alarm.get("DatapointsToAlarm") or alarm["EvaluationPeriods"]
    return ALARM if breaching >= enough else OK


def _periods(alarm: Alarm, data: Mapping[datetime, float], now: datetime) -> list[datetime]:
    length = timedelta(seconds=alarm["Period"])
    running = datetime.fromtimestamp(now.timestamp() // alarm["Period"] * alarm["Period"], UTC)
    latest = running if running in data else running - length
    periods = [latest - length * number for number in range(alarm["EvaluationPeriods"])]
    configured_at = alarm["AlarmConfigurationUpdatedTimestamp"]
    return [period for period in periods if period in data or period >= configured_at]
