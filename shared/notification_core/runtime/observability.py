"""Logs and metrics. No line holds an address, a title, a body, a user's id or a secret.

One line a batch: a line costs more than most of what it would tell. Each carries the Lambda request
id (`function_request_id`) and, where there is one, the X-Ray trace id (`xray_trace_id`).
"""

import logging
import os
import traceback
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

from notification_core.domain.delivery_reports import DeliveryReport
from notification_core.domain.notification import Notification

#: The parent of the loggers of this package's modules, because Powertools names a logger after its
#: service. Their lines have the same form.
logger = Logger(service="notification_core")
logger.append_keys(service="notifications")
# Lambda's own level (AWS_LAMBDA_LOG_LEVEL), which Powertools prefers, filters what goes to
# CloudWatch: above INFO it would hold back the metrics too. So LOG_LEVEL decides here.
logging.getLogger("notification_core").setLevel(os.environ.get("LOG_LEVEL") or logging.INFO)

#: The metrics' dimension for what concerns jobs, and no target.
JOBS = "jobs"

#: Values of one metric in one record (CloudWatch embedded metric format), less one: the library
#: writes the record by itself at the limit.
MAX_VALUES = 99


@cache
def _namespace() -> str:
    return os.environ.get("METRICS_NAMESPACE", "Notifications")


def bind_request(context: Any) -> None:
    """Have each line of this run say which run it is of. `context` is what Lambda hands over."""
    # Not Powertools' inject_lambda_context: its five more fields are the same in every line.
    logger.append_keys(function_request_id=getattr(context, "aws_request_id", None))


def log_failure(message: str, error: Exception) -> None:
    """Log where an error came from, and not what it says: it may quote an address or a text."""
    frames = traceback.format_list(traceback.extract_tb(error.__traceback__))
    logger.error(message, extra={"error": type(error).__name__, "traceback": frames})


def log_report(report: DeliveryReport, notification: Notification | None) -> None:
    """Log what a provider said of one notification, and how that stands now."""
    fields = {"notification": report.notification_id, "attempt": report.attempt}
    status = notification.status.value if notification is not None else None
    logger.info("report", extra={**fields, "news": type(report.news).__name__, "status": status})


def emit(
    module: str,
    counts: Mapping[str, int],
    *,
    milliseconds: Mapping[str, Sequence[int]] | None = None,
    seconds: Mapping[str, float] | None = None,
) -> None:
    """Write one CloudWatch embedded-format record: counts, durations and ages of a module.

    A zero is left out, because a metric is charged for each hour in which it has a value; the
    alarms take its absence for a zero.
    """
    counts = {name: count for name, count in counts.items() if count}
    seconds = {name: age for name, age in (seconds or {}).items() if age}
    if not counts and not seconds:
        return
    metrics = Metrics(namespace=_namespace(), service="notifications")
    metrics.add_dimension(name="module", value=module)
    for name, count in counts.items():
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=count)
    for name, age in seconds.items():
        metrics.add_metric(name=name, unit=MetricUnit.Seconds, value=age)
    for name, values in (milliseconds or {}).items():
        # A metric holds up to 100 values a record; the worst is always among those told.
        for value in sorted(values, reverse=True)[:: len(values) // MAX_VALUES + 1]:
            metrics.add_metric(name=name, unit=MetricUnit.Milliseconds, value=value)
    metrics.flush_metrics()
