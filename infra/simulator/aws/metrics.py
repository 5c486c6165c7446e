"""Converts the functions' log lines to CloudWatch metrics, as CloudWatch does.

The emulator only stores the lines. Source: Amazon CloudWatch User Guide,
"Specification: Embedded metric format".
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

Datum = dict[str, Any]

#: A text that every such line contains; it is the emulator's filter.
MARK = "CloudWatchMetrics"

MAX_DATA = 1000  #: data of one PutMetricData
MAX_VALUES = 150  #: values of one datum


def data_of(line: str) -> list[tuple[str, Datum]]:
    """Return a line's metrics as (namespace, datum of PutMetricData); none of another line."""
    try:
        entry = json.loads(line)
        return [pair for pair in _data(entry["_aws"], entry) if pair[1]["Values"]]
    except (ValueError, KeyError, TypeError):
        return []


def requests(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield the arguments of as few PutMetricData calls as possible."""
    by_namespace: dict[str, list[Datum]] = {}
    for line in lines:
        for namespace, datum in data_of(line):
            by_namespace.setdefault(namespace, []).append(datum)
    for namespace, data in by_namespace.items():
        for start in range(0, len(data), MAX_DATA):
            yield {"Namespace": namespace, "MetricData": data[start : start + MAX_DATA]}


def _data(header: Mapping[str, Any], entry: Mapping[str, Any]) -> Iterator[tuple[str, Datum]]:
    moment = datetime.fromtimestamp(header["Timestamp"] / 1000, UTC)
    for directive in header[MARK]:
        for names in directive["Dimensions"]:
            dimensions = [{"Name": name, "Value": str(entry[name])} for name in names]
            for metric in directive["Metrics"]:
                value = entry[metric["Name"]]
                yield (
                    directive["Namespace"],
                    {
                        "MetricName": metric["Name"],
                        "Dimensions": dimensions,
                        "Timestamp": moment,
                        "Unit": metric.get("Unit", "None"),
                        "Values": (value if isinstance(value, list) else [value])[:MAX_VALUES],
                    },
                )
