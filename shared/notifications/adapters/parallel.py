"""Requests side by side."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Given = TypeVar("Given")
Made = TypeVar("Made")


def in_parallel(
    function: Callable[[Given], Made], items: Sequence[Given], at_once: int
) -> list[Made]:
    """Return what the function makes of each, in order; threads only where there are several."""
    if len(items) <= 1:
        return [function(each) for each in items]
    with ThreadPoolExecutor(min(len(items), at_once)) as pool:
        return list(pool.map(function, items))
