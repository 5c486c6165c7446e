"""Amazon SES events about e-mails: bounces, complaints, deliveries, delays, rejections."""

from typing import Any

from notification_core.entrypoints.counting import store_counts
from notification_core.entrypoints.ses_events import handle_event, handle_events
from notification_core.entrypoints.sqs_batch import for_each_message
from notification_core.runtime.wiring import ports


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Handle a batch of EventBridge events from their queue."""
    response = for_each_message(event, context, handle_event, handle_events)
    store_counts(ports, context)
    return response
