"""A store whose listing by user lags, as a secondary index of DynamoDB does."""

from datetime import datetime, timedelta

from notification_core.adapters.memory.notifications import MemoryNotifications
from notification_core.domain.notification import Notification
from notification_core.domain.paging import Page
from tests.builders import SHARDS, World


class Lagging(MemoryNotifications):
    """Its listing by user shows a notification only some time after it was stored."""

    def __init__(self, world: World) -> None:
        super().__init__(SHARDS, world.records)
        self.watch, self.stored = world.watch, world.notifications.stored
        self.shown_at: dict[str, datetime] = {}
        self.listed = 0  #: pages

    def list_by_user(self, user: str, limit: int, after: str | None = None) -> Page[Notification]:
        self.listed += 1
        shown = MemoryNotifications(SHARDS, self.records)
        shown.stored = {
            name: each
            for name, each in self.stored.items()
            if self.shown_at.get(name, self.watch()) <= self.watch()
        }
        return shown.list_by_user(user, limit, after)

    def hide(self, notification: Notification, seconds: float) -> None:
        """Show it only so many seconds from now."""
        self.shown_at[notification.id] = self.watch() + timedelta(seconds=seconds)
