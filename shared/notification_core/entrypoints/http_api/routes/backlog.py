"""The backlog of each module."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from pydantic import Field

from notification_core.entrypoints.http_api.fields import ApiModel, Time
from notification_core.entrypoints.http_api.routes.targets import State, state_of
from notification_core.entrypoints.http_api.routing import Routes
from notification_core.runtime.wiring import ports
from notification_core.usecases.queries.backlog import Backlog, backlogs

routes = Routes("Targets")


class BacklogEntry(ApiModel):
    """The backlog of one module. The queue's numbers count messages and are approximate."""

    module: str
    targets: list[str] = Field(description="names of the targets that the module delivers to")
    state: State
    queued: int | None = Field(description="waiting or delayed; null if the module has no queue")
    in_flight: int | None = Field(description="received by a consumer that is still running")
    dead_letters: int | None = Field(description="given up by the queue, and not yet marked")
    overdue: int = Field(description="notifications whose due time has passed")
    overdue_at_least: bool = Field(description="the count stopped early; more may be overdue")
    oldest_due: Time | None = Field(description="the due time of the oldest overdue notification")

    @classmethod
    def of(cls, backlog: Backlog) -> Self:
        """Return the response for a module's backlog."""
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
    """The backlog of each module."""

    items: list[BacklogEntry]

    EXAMPLE: ClassVar[Mapping[str, Any]] = {
        "items": [
            {
                "module": "email",
                "targets": ["Email"],
                "state": "active",
                "queued": 3,
                "in_flight": 1,
                "dead_letters": 0,
                "overdue": 120,
                "overdue_at_least": False,
                "oldest_due": "2026-01-31T08:00:00.000Z",
            }
        ]
    }


@routes.get("/backlog")
def get_backlog() -> BacklogResponse:
    """Read the backlog of each module: queued messages, overdue notifications, dead letters."""
    items = [BacklogEntry.of(backlog) for backlog in backlogs(ports())]
    return BacklogResponse(items=items)
