"""What Amazon SES tells of e-mails: bounces, complaints, deliveries, delays, rejections."""

from typing import Any

from notification_core.entrypoints.ses_events import take, take_together
from notification_core.entrypoints.sqs_batch import for_each_message


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Take in some events of EventBridge, as their queue hands them over."""
    return for_each_message(event, context, take, take_together)
