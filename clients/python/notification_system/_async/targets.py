"""Targets, their pauses, and their backlog."""

from collections.abc import AsyncIterator

from notification_system._async.calls import AsyncCalls, listing
from notification_system.decoding import decode
from notification_system.errors import NameTaken, NotFound
from notification_system.requests import path_of, present
from notification_system.results import BacklogEntry, Page, Target


class AsyncTargets(AsyncCalls):
    """The methods for targets."""

    async def list_targets(self, *, limit: int = 100, next: str | None = None) -> Page[Target]:
        """Return a page of the targets."""
        return await self._page(Target, listing("/targets", limit=limit, after=next))

    def targets(self) -> AsyncIterator[Target]:
        """Iterate over every target."""
        return self._pages(lambda after: self.list_targets(next=after))

    async def get_target(self, target_id: str) -> Target:
        """Return a target. Raises NotFound."""
        return decode(Target, await self.request("GET", path_of("/targets/{}", target_id)))

    async def add_target(self, *, name: str, notification_module_name: str) -> Target:
        """Add a target for a handler that is deployed. Raises NameTaken, UnknownModule."""
        body = {"name": name, "notification_module_name": notification_module_name}
        try:
            return decode(Target, await self.request("POST", "/targets", body))
        except NameTaken as error:
            if error.possibly_repeated:
                async for target in self.targets():
                    if (target.name, target.notification_module_name) == tuple(body.values()):
                        return target
            raise

    async def change_target(
        self,
        target_id: str,
        *,
        name: str | None = None,
        notification_module_name: str | None = None,
    ) -> Target:
        """Change a target's name, its handler or both. Raises NotFound, NameTaken."""
        changes = present({"name": name, "notification_module_name": notification_module_name})
        path = path_of("/targets/{}", target_id)
        return decode(Target, await self.request("PATCH", path, changes))

    async def remove_target(self, target_id: str) -> None:
        """Remove a target that has no addresses. Raises NotFound, TargetInUse."""
        try:
            await self.request("DELETE", path_of("/targets/{}", target_id))
        except NotFound as error:
            if not error.possibly_repeated:
                raise

    async def pause_target(self, target_id: str, *, reason: str | None = None) -> Target:
        """Pause a target; its notifications wait. Raises NotFound."""
        path = path_of("/targets/{}/pause", target_id)
        return decode(Target, await self.request("POST", path, present({"reason": reason})))

    async def resume_target(self, target_id: str) -> Target:
        """Resume a target, whoever paused it. Raises NotFound."""
        path = path_of("/targets/{}/resume", target_id)
        return decode(Target, await self.request("POST", path))

    async def get_backlog(self) -> tuple[BacklogEntry, ...]:
        """Return the backlog of each module."""
        backlog = await self.request("GET", "/backlog")
        return tuple(decode(BacklogEntry, entry) for entry in backlog["items"])
