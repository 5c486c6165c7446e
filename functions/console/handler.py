"""The web console. Its routes are in `entrypoints/console/routes.py`."""

from typing import Any

from notification_core.entrypoints.console.app import handle


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Handle an API Gateway REST proxy event."""
    return handle(event, context)
