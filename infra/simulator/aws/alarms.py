"""Which state an alarm is in, as CloudWatch decides it.

The emulator's own evaluation takes all dimensions of a metric for one, one period for all of them,
and a metric that ends for one that goes on. Source: Amazon CloudWatch User Guide, "Alarm
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
    """Return what GetMetricData is to be asked for an alarm on one metric."""
    metric = {name: alarm[name] for name in ("Namespace", "MetricName")}
    metric["Dimensions"] = alarm.get("Dimensions") or []
    statistic = alarm.get("ExtendedStatistic") or alarm.get("Statistic") or "Average"
    stat = {"Metric": metric, "Period": alarm["Period"], "Stat": statistic}
    return {"Id": f"alarm{number}", "MetricStat": stat}


def window(alarms: Sequence[Alarm], now: datetime) -> tuple[datetime, datetime]:
    """Return from when to when data are needed."""
    longest = max(alarm["Period"] * (alarm["EvaluationPeriods"] + 1) for alarm in alarms)
    return now - timedelta(seconds=longest), now + timedelta(minutes=1)


def state(alarm: Alarm, data: Mapping[datetime, float], now: datetime) -> str:
    """Return the state, from the value of each period that has any, by the period's beginning.

    The running period counts from its first value on: until then it is only not over yet. What was
    before the alarm was made does not count at all, or each new stack would ring.
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
