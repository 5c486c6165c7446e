"""Logs and metrics. No line holds an address, a title, a body or a secret.

One line a batch: a line costs more than most of what it would tell.
"""

import os
import traceback
from functools import cache

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

#: The package's own loggers are its children and come out in the same form.
logger = Logger(service="notifications")

#: Values of one metric in one record (CloudWatch embedded metric format), less one: the library
#: writes the record by itself at the limit.
MAX_VALUES = 99


@cache
def _namespace() -> str:
    return os.environ.get("METRICS_NAMESPACE", "Notifications")


def log_failure(message: str, error: Exception) -> None:
    """Log where an error came from, and not what it says: it may quote an address or a text."""
    frames = traceback.format_list(traceback.extract_tb(error.__traceback__))
    logger.error(message, extra={"error": type(error).__name__, "traceback": frames})


def emit(module: str, counts: dict[str, int], milliseconds: dict[str, list[int]]) -> None:
    """Write one CloudWatch embedded-format record: counts and durations of a module."""
    counts = {name: count for name, count in counts.items() if count}  # a zero costs as much
    if not counts:
        return
    metrics = Metrics(namespace=_namespace(), service="notifications")
    metrics.add_dimension(name="module", value=module)
    for name, count in counts.items():
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=count)
    for name, values in milliseconds.items():
        # A metric holds up to 100 values a record; the worst is always among those told.
        for value in sorted(values, reverse=True)[:: len(values) // MAX_VALUES + 1]:
            metrics.add_metric(name=name, unit=MetricUnit.Milliseconds, value=value)
    metrics.flush_metrics()
