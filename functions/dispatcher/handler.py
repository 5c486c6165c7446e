"""The dispatcher: every minute, it sends notifications that are due soon to their queues."""

from typing import Any

from notification_core.entrypoints.dispatcher import dispatch_event


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Run one tick."""
    return dispatch_event(event, context)
