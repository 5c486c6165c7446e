"""Pages of listings, and the entries of the indexes that a listing reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")
Other = TypeVar("Other")


@dataclass(frozen=True, slots=True, order=True)
class IndexEntry:
    """An entry of an index of notifications by time. `at` is in epoch milliseconds."""

    at: int
    id: str


class FailureEntry(IndexEntry):
    """An entry of the failure index: a failed notification, and when it failed."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """A page of a listing; `next` is the token for the next page, if there is one.

    For a listing whose pages may be shortened, `tokens` has one token for each item: a page with
    that token begins after the item.
    """

    items: list[Item]
    next: str | None = None
    tokens: Sequence[str] = ()

    def first(self, count: int) -> "Page[Item]":
        """Return the first `count` items, with the token for the items after them."""
        if count >= len(self.items):
            return self
        return Page(self.items[:count], self.tokens[count - 1], self.tokens[:count])

    def with_items(self, items: Sequence["Other | None"]) -> "Page[Other]":
        """Return the page with each item replaced; a None is left out with its token."""
        pairs = zip(items, self.tokens, strict=True)
        kept = [(item, token) for item, token in pairs if item is not None]
        return Page([item for item, _ in kept], self.next, [token for _, token in kept])
