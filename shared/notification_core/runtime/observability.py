"""Logs and metrics. No log line contains an address, a title, a body, a user's id or a secret.

There is one line per batch, because a line per notification would cost more than it is worth. Each
line has the Lambda request id (`function_request_id`) and, if there is one, the X-Ray trace id
(`xray_trace_id`).
"""

import logging
import os
import traceback
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

from notification_core.domain.delivery import DeliveryReport
from notification_core.domain.notification import Notification

#: The parent of the loggers of this package's modules, because Powertools names a logger after its
#: service. All their lines have the same format.
logger = Logger(service="notification_core")
logger.append_keys(service="notifications")
# Powertools prefers Lambda's own level (AWS_LAMBDA_LOG_LEVEL), which filters all output to
# CloudWatch: a level above INFO would drop the metrics as well. Therefore LOG_LEVEL decides here.
logging.getLogger("notification_core").setLevel(os.environ.get("LOG_LEVEL") or logging.INFO)

#: The dimension of metrics that concern jobs and not a target.
JOBS = "jobs"
#: The dimension of metrics that concern templates and not a target.
TEMPLATES = "templates"

#: The maximum number of values of a metric in one record (CloudWatch embedded metric format), minus
#: one, because the library writes the record by itself at the limit.
MAX_VALUES = 99


@cache
def _namespace() -> str:
    return os.environ.get("METRICS_NAMESPACE", "Notifications")


def bind_request(context: Any) -> None:
    """Add the request id of Lambda's `context` to each log line of this invocation."""
    # Powertools' inject_lambda_context would add five more fields that never change.
    logger.append_keys(function_request_id=getattr(context, "aws_request_id", None))


def log_failure(message: str, error: Exception) -> None:
    """Log an error's type and traceback, but not its message, which may quote personal data."""
    frames = traceback.format_list(traceback.extract_tb(error.__traceback__))
    logger.error(message, extra={"error": type(error).__name__, "traceback": frames})


def log_report(report: DeliveryReport, notification: Notification | None, module: str) -> None:
    """Log a provider's report about one notification, and the notification's current status."""
    fields = {
        "notification_module_name": module,
        "notification": report.notification_id,
        "attempt": report.attempt,
        "content": type(report.content).__name__,
        "status": notification.status.value if notification is not None else None,
    }
    logger.info("report", extra=fields)


def emit(
    module: str,
    counts: Mapping[str, int],
    *,
    milliseconds: Mapping[str, Sequence[int]] | None = None,
    seconds: Mapping[str, float] | None = None,
) -> None:
    """Write one CloudWatch embedded-format record: counts, durations and ages of a module.

    Zeros are omitted, because a metric is charged for each hour in which it has a value. The alarms
    treat a missing value as zero.
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
        # A record holds up to 100 values of a metric; the highest value is always included.
        for value in sorted(values, reverse=True)[:: len(values) // MAX_VALUES + 1]:
            metrics.add_metric(name=name, unit=MetricUnit.Milliseconds, value=value)
    metrics.flush_metrics()
