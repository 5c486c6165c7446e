"""Requests side by side."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache
from typing import TypeVar

Given = TypeVar("Given")
Made = TypeVar("Made")

#: Threads of the process: for the requests of as many batches at once as a consumer has.
THREADS = 32


@cache
def _pool() -> ThreadPoolExecutor:
    """Return this process's pool: to start threads for each request costs more than the request."""
    return ThreadPoolExecutor(THREADS, thread_name_prefix="request")


def in_parallel(
    function: Callable[[Given], Made], items: Sequence[Given], at_once: int
) -> list[Made]:
    """Return what the function makes of each, in order; the caller's thread is one of `at_once`.

    The function must not call `in_parallel` for several items: all threads could wait for others.
    """
    parts = [items[first::at_once] for first in range(min(at_once, len(items)))]
    futures = [_pool().submit(_all, function, part) for part in parts[1:]]
    try:
        results = [_all(function, part) for part in parts[:1]]
    finally:
        wait(futures)
    results += [future.result() for future in futures]
    return [results[place % at_once][place // at_once] for place in range(len(items))]


def _all(function: Callable[[Given], Made], items: Sequence[Given]) -> list[Made]:
    return [function(item) for item in items]
