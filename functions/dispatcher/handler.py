"""The dispatcher: every minute, what is due soon goes to its target's queue."""

from typing import Any

from notification_core.entrypoints.dispatcher import dispatch_event


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Run one tick."""
    return dispatch_event(event, context)
