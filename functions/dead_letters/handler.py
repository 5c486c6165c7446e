"""Processes the dead-letter queues: marks their notifications and jobs."""

from typing import Any

from notification_core.entrypoints.dead_letters import dead_letters_event


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    """Process all dead letters."""
    return dead_letters_event(event, context)
