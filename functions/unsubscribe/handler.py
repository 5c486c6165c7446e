"""One-click unsubscribe (RFC 8058): GET shows a page and changes nothing, POST is a no."""

from typing import Any

from notifications.edge.public import Answer, answered
from notifications.edge.unsubscribe_page import respond


def lambda_handler(event: dict[str, Any], context: Any) -> Answer:
    """Answer an API Gateway REST proxy event."""
    return answered(event, context, respond)
