"""A consumer's metrics for a batch, and one log line that names each notification."""

from collections import Counter
from collections.abc import Collection
from typing import Any

from notification_core.domain.delivery import Outcome
from notification_core.domain.failures import DeliveryFailed, ErrorClass
from notification_core.domain.notification import Notification
from notification_core.domain.timeline import COUNTED, TEMPLATE_ERROR
from notification_core.runtime.observability import TEMPLATES, emit, logger
from notification_core.usecases.sending.batch_result import DeliveryBatchResult

#: Failures that do not indicate a problem with the target: they concern one recipient, or use no
#: attempt.
NOT_OF_THE_TARGET = frozenset({ErrorClass.RECIPIENT, ErrorClass.CONSENT, ErrorClass.THROTTLED})


def log_batch(
    module: str, received: int, done: DeliveryBatchResult, unreadable: Collection[str]
) -> None:
    """Write the metrics and the log line of a batch of `received` wake-ups."""
    ends = Counter(
        notification.status.value.title().replace(" ", "") for notification in done.settled
    )
    counts = {
        "Received": received,
        "Dropped": done.dropped,
        "Undecided": len(done.undecided),
        "Unreadable": len(unreadable),
        "Unrecorded": done.unrecorded,
        "Attempts": len(done.outcomes),
        "Failed": sum(_is_failed(outcome) for outcome in done.outcomes),
        **ends,
    }
    emit(module, counts, milliseconds={"Lateness": done.lateness_ms})
    codes = Counter(notification.timeline[-1].code for notification in done.settled)
    emit(TEMPLATES, {"TemplateErrors": codes[TEMPLATE_ERROR]})
    fields = {
        "notification_module_name": module,
        "lateness_ms": max(done.lateness_ms, default=None),
        "attempts": [_attempted(notification) for notification in done.settled],
    }
    logger.info("batch", extra={**fields, **counts})


def _is_failed(outcome: Outcome) -> bool:
    """Whether an attempt failed for a reason that may affect other notifications."""
    return isinstance(outcome, DeliveryFailed) and outcome.error_class not in NOT_OF_THE_TARGET


def _attempted(notification: Notification) -> dict[str, Any]:
    """Return the result of one notification, without personal data."""
    latest = notification.timeline[-1]
    counted = latest.event in COUNTED
    attempt = notification.retry_attempts if counted else notification.attempt
    fields, code = {"notification": notification.id, "attempt": attempt}, latest.code
    return fields | {"status": notification.status.value} | ({"code": code} if code else {})
