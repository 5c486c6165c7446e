"""A content store that has lost some of what was put away."""

from collections.abc import Sequence
from typing import Any

from notifications.domain.content import Content


class ContentLost(Exception):
    """The object is gone."""


class LostContents:
    """Stands before a ContentStore.

    Attributes:
        gone: the bodies of the contents that cannot be loaded any more.
    """

    def __init__(self, store: Any) -> None:
        self._store = store
        self.gone: set[str] = set()

    def __getattr__(self, method: str) -> Any:
        return getattr(self._store, method)

    def load(self, contents: Sequence[Content]) -> list[Content]:
        """Load them. Raises ContentLost."""
        if any(each.body in self.gone for each in contents):
            raise ContentLost
        loaded: list[Content] = self._store.load(contents)
        return loaded
