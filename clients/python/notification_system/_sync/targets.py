"""Generated from `_async` by `make client`; edit that instead."""

from collections.abc import Iterator

from notification_system._sync.calls import Calls, listing
from notification_system.decoding import decode
from notification_system.errors import NameTaken, NotFound
from notification_system.requests import path_of, present
from notification_system.results import BacklogEntry, Page, Target


class Targets(Calls):
    """The methods for targets."""

    def list_targets(self, *, limit: int = 100, next: str | None = None) -> Page[Target]:
        """Return a page of the targets."""
        return self._page(Target, listing("/targets", limit=limit, after=next))

    def targets(self) -> Iterator[Target]:
        """Iterate over every target."""
        return self._pages(lambda after: self.list_targets(next=after))

    def get_target(self, target_id: str) -> Target:
        """Return a target. Raises NotFound."""
        return decode(Target, self.request("GET", path_of("/targets/{}", target_id)))

    def add_target(self, *, name: str, notification_module_name: str) -> Target:
        """Add a target for a handler that is deployed. Raises NameTaken, UnknownModule."""
        body = {"name": name, "notification_module_name": notification_module_name}
        try:
            return decode(Target, self.request("POST", "/targets", body))
        except NameTaken as error:
            if error.possibly_repeated:
                for target in self.targets():
                    if (target.name, target.notification_module_name) == tuple(body.values()):
                        return target
            raise

    def change_target(
        self,
        target_id: str,
        *,
        name: str | None = None,
        notification_module_name: str | None = None,
    ) -> Target:
        """Change a target's name, its handler or both. Raises NotFound, NameTaken."""
        changes = present({"name": name, "notification_module_name": notification_module_name})
        path = path_of("/targets/{}", target_id)
        return decode(Target, self.request("PATCH", path, changes))

    def remove_target(self, target_id: str) -> None:
        """Remove a target that has no addresses. Raises NotFound, TargetInUse."""
        try:
            self.request("DELETE", path_of("/targets/{}", target_id))
        except NotFound as error:
            if not error.possibly_repeated:
                raise

    def pause_target(self, target_id: str, *, reason: str | None = None) -> Target:
        """Pause a target; its notifications wait. Raises NotFound."""
        path = path_of("/targets/{}/pause", target_id)
        return decode(Target, self.request("POST", path, present({"reason": reason})))

    def resume_target(self, target_id: str) -> Target:
        """Resume a target, whoever paused it. Raises NotFound."""
        path = path_of("/targets/{}/resume", target_id)
        return decode(Target, self.request("POST", path))

    def get_backlog(self) -> tuple[BacklogEntry, ...]:
        """Return the backlog of each module."""
        backlog = self.request("GET", "/backlog")
        return tuple(decode(BacklogEntry, entry) for entry in backlog["items"])
