"""Turns the functions' log lines into CloudWatch metrics, as CloudWatch does by itself.

The emulator takes the lines and leaves them lines. Source: Amazon CloudWatch User Guide,
"Specification: Embedded metric format".
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

Datum = dict[str, Any]

#: What every such line contains; the emulator looks for it as a text.
MARK = "CloudWatchMetrics"

MAX_DATA = 1000  #: of one PutMetricData
MAX_VALUES = 150  #: of one datum


def data_of(line: str) -> list[tuple[str, Datum]]:
    """Return what a line says, as (namespace, datum of PutMetricData); nothing of another line."""
    try:
        entry = json.loads(line)
        return [pair for pair in _data(entry["_aws"], entry) if pair[1]["Values"]]
    except (ValueError, KeyError, TypeError):
        return []


def requests(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield the arguments of as few calls of PutMetricData as will do."""
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
