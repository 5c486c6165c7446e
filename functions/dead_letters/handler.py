"""What is on the dead-letter queues: their notifications and jobs are told."""

from typing import Any

from notification_core.entrypoints.dead_letters import dead_letters_event


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    """Mark what all dead letters were for."""
    return dead_letters_event(event, context)
