"""The queues of the modules and of the background jobs."""

from collections.abc import Sequence
from typing import Protocol

from notification_core.domain.due import QueueCounts, WakeUp


class Queues(Protocol):
    """One queue per module, with the module's name."""

    def send(self, module: str, wake_ups: Sequence[tuple[WakeUp, int]]) -> bool:
        """Send each with its delay in seconds (0 to 900); return whether all were accepted."""
        ...

    def depth(self, module: str) -> int:
        """Return the approximate number of visible messages; each may contain many wake-ups.

        Delayed messages are not counted, because they do not show how busy the consumer is.
        """
        ...

    def in_flight(self, module: str) -> int:
        """Return the approximate number of messages that a module's consumers are processing."""
        ...

    def counts(self, module: str) -> QueueCounts | None:
        """Return the message counts of a module; None if there is no such queue."""
        ...

    def enqueue_job(self, job_id: str, delay: int = 0) -> bool:
        """Enqueue a job with a delay in seconds; return whether it was accepted."""
        ...
