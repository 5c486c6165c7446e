"""One-click unsubscribe (RFC 8058): GET shows a page, POST opts out or undoes that."""

from typing import Any

from notification_core.entrypoints.public_http import Answer, respond_to
from notification_core.entrypoints.unsubscribe.responses import respond, respond_to_failure


def lambda_handler(event: dict[str, Any], context: Any) -> Answer:
    """Handle an API Gateway REST proxy event."""
    return respond_to(event, context, respond, respond_to_failure)
