"""Contents in memory."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

from notification_core.adapters.s3_contents import is_large, moved_away
from notification_core.domain.content import Content
from notification_core.domain.notification import Notification


class MemoryContents:
    """A ContentStore."""

    def __init__(self) -> None:
        self.stored: dict[str, Content] = {}

    def put(self, notifications: Sequence[Notification]) -> list[Content]:
        return [
            self._put(notification) if is_large(notification.content) else notification.content
            for notification in notifications
        ]

    def _put(self, notification: Notification) -> Content:
        # Like the keys in S3, whose first part tells the stores how long the content is kept.
        key = f"soon/{notification.user}/{notification.id}-{uuid4()}"
        self.stored[key] = replace(notification.content, key=key)
        return moved_away(notification.content, key)

    def load(self, contents: Sequence[Content]) -> list[Content | Exception]:
        return [
            content
            if content.key is None
            else self.stored.get(content.key, replace(content, lost=True))
            for content in contents
        ]

    def delete_batch(self, user: str) -> int:
        mine = [key for key in self.stored if key.rpartition("/")[0] == f"soon/{user}"]
        for key in mine:
            del self.stored[key]
        return len(mine)
