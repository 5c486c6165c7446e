"""One-click unsubscribe (RFC 8058): GET shows a page and changes nothing, POST opts out."""

from typing import Any

from notification_core.entrypoints.public_http import Answer, respond_to
from notification_core.entrypoints.unsubscribe.page import respond


def lambda_handler(event: dict[str, Any], context: Any) -> Answer:
    """Handle an API Gateway REST proxy event."""
    return respond_to(event, context, respond)
