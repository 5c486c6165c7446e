"""Parallel requests."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache
from typing import TypeVar

Given = TypeVar("Given")
Made = TypeVar("Made")

#: Threads of the process, enough for the requests of all concurrent batches of a consumer.
THREADS = 32


@cache
def _pool() -> ThreadPoolExecutor:
    """Return this process's pool. Starting threads per request costs more than the request."""
    return ThreadPoolExecutor(THREADS, thread_name_prefix="request")


def in_parallel(
    function: Callable[[Given], Made], items: Sequence[Given], at_once: int
) -> list[Made]:
    """Return the function's result for each item, in order, with up to `at_once` threads.

    The caller's thread is one of them. The function must not call `in_parallel` for several items,
    because all threads could then wait for each other.
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
