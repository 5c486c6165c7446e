"""Splits sequences into batches, because every service limits the size of a request."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

Item = TypeVar("Item")


def batches(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """Split a sequence into batches of at most `size` items."""
    return (items[start : start + size] for start in range(0, len(items), size))
