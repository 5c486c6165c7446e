"""Requests side by side: in order, bounded, and all of them ended."""

from collections.abc import Sequence
from threading import Barrier, Event, Lock, Thread, current_thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notification_core.adapters.parallel import THREADS, in_parallel


@settings(deadline=None)
@given(items=st.lists(st.integers(), max_size=40), at_once=st.integers(1, 9))
def test_each_has_its_result_in_order(items: Sequence[int], at_once: int) -> None:
    assert in_parallel(lambda item: -item, items, at_once) == [-item for item in items]


def test_as_many_as_may_be_run_at_once_and_no_more() -> None:
    at_once, most, running, lock = 4, 0, 0, Lock()
    together = Barrier(at_once)

    def run(_: int) -> None:
        nonlocal most, running
        with lock:
            running += 1
            most = max(most, running)
        together.wait(5)
        with lock:
            running -= 1

    in_parallel(run, range(12), at_once)

    assert most == at_once


def test_many_calls_share_their_threads() -> None:
    threads: set[Thread] = set()

    for _ in range(50):
        in_parallel(lambda _: threads.add(current_thread()), range(8), 4)

    assert len(threads) <= THREADS + 1


def test_a_failure_is_raised_when_the_others_have_ended() -> None:
    begun, ended = Event(), Event()

    def run(item: int) -> None:
        if item == 0:
            begun.wait(5)
            raise ValueError("no")
        begun.set()
        ended.set()

    with pytest.raises(ValueError, match="no"):
        in_parallel(run, range(2), 2)

    assert ended.is_set()
