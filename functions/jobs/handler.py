"""The background worker: redrives and whatever else takes longer than a request."""

from typing import Any

from notification_core.entrypoints.jobs import jobs_event


def lambda_handler(event: dict[str, Any], context: Any) -> None:
    """Work on the jobs of some messages."""
    jobs_event(event, context)
