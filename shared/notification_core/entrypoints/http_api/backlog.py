"""What the API answers of what waits."""

from typing import Self

from pydantic import Field

from notification_core.entrypoints.http_api.fields import ApiModel, Time
from notification_core.entrypoints.http_api.responses import State, state_of
from notification_core.usecases.queries.backlog import Backlog


class BacklogEntry(ApiModel):
    """What waits for one module. The queue's numbers are messages, and about right."""

    module: str
    targets: list[str] = Field(description="the names of the targets that it delivers to")
    state: State
    queued: int | None = Field(description="waiting or delayed; null: it has no queue")
    in_flight: int | None = Field(description="handed to a consumer that has not ended")
    dead_letters: int | None = Field(description="given up, and not yet marked")
    overdue: int = Field(description="notifications whose time has passed")
    overdue_at_least: bool = Field(description="more may be overdue; no more were counted")
    oldest_due: Time | None = Field(description="the due time of the longest overdue")

    @classmethod
    def of(cls, backlog: Backlog) -> Self:
        """Return the answer for a module's backlog."""
        queue = backlog.queue
        return cls(
            module=backlog.name,
            targets=[target.name for target in backlog.targets],
            state=state_of(backlog.module),
            queued=queue.queued if queue else None,
            in_flight=queue.in_flight if queue else None,
            dead_letters=queue.dead_letters if queue else None,
            overdue=backlog.overdue,
            overdue_at_least=backlog.is_minimum,
            oldest_due=backlog.oldest_due,
        )


class BacklogResponse(ApiModel):
    """What waits for each module."""

    items: list[BacklogEntry]
