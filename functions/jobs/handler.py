"""The background worker: redrives, erasures and other work that takes longer than a request."""

from typing import Any

from notification_core.entrypoints.jobs import jobs_event


def lambda_handler(event: dict[str, Any], context: Any) -> None:
    """Work on the jobs in a batch of messages."""
    jobs_event(event, context)
