"""A value that is believed for some seconds."""

from collections.abc import Iterator
from threading import Event, Thread

import pytest

from notification_core.adapters.recent import FRESH_FOR, Recent
from tests.architecture.templates import ROOT
from tests.builders import Watch


def test_the_documentation_has_the_maximum_age() -> None:
    text = (ROOT / "docs" / "api.md").read_text()

    assert f"as they were at most {FRESH_FOR.total_seconds():.0f} s ago" in text


@pytest.fixture
def numbers() -> Iterator[int]:
    """What is read: 1 the first time, 2 the second."""
    return iter(range(1, 100))


@pytest.fixture
def watch() -> Watch:
    """A clock that stands still."""
    return Watch()


@pytest.fixture
def recent(numbers: Iterator[int], watch: Watch) -> Recent[int]:
    """A value that is another one each time it is read."""
    return Recent(lambda: next(numbers), watch)


def test_it_is_read_once_while_it_is_fresh(recent: Recent[int], watch: Watch) -> None:
    assert recent.get() == 1

    watch.now += FRESH_FOR / 2

    assert recent.get() == 1


def test_it_is_read_again_once_it_is_no_longer_fresh(recent: Recent[int], watch: Watch) -> None:
    recent.get()

    watch.now += FRESH_FOR

    assert recent.get() == 2


def test_a_clock_that_is_set_back_does_not_make_it_fresh_for_longer(
    recent: Recent[int], watch: Watch
) -> None:
    recent.get()

    watch.forward(hours=-1)

    assert recent.get() == 2


def test_it_is_as_old_as_the_moment_before_it_was_read(watch: Watch) -> None:
    """A read that takes long returns what may have been changed since it began."""
    reads = 0

    def slowly() -> int:
        nonlocal reads
        reads += 1
        watch.now += FRESH_FOR
        return reads

    recent = Recent(slowly, watch)

    assert [recent.get(), recent.get()] == [1, 2]


def test_it_is_read_again_after_a_change(recent: Recent[int]) -> None:
    recent.get()

    with recent.changing():
        pass

    assert recent.get() == 2


def test_it_is_read_again_after_a_change_that_may_have_failed(recent: Recent[int]) -> None:
    recent.get()

    with pytest.raises(OSError, match="lost"), recent.changing():
        raise OSError("the answer was lost")

    assert recent.get() == 2


def test_a_read_that_began_before_a_change_is_not_kept(watch: Watch) -> None:
    stored, began, goes_on = ["before"], Event(), Event()

    def read() -> str:
        found = stored[0]
        began.set()
        goes_on.wait(5)
        return found

    recent = Recent(read, watch)
    reader = Thread(target=recent.get)
    reader.start()
    began.wait(5)

    def change() -> None:
        with recent.changing():
            stored[0] = "after"
            goes_on.set()

    change()
    reader.join(5)

    assert recent.get() == "after"


def test_a_read_that_fails_is_tried_again(watch: Watch) -> None:
    answers: list[int | OSError] = [OSError("no answer"), 1]

    def read() -> int:
        answer = answers.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return answer

    recent = Recent(read, watch)

    with pytest.raises(OSError, match="no answer"):
        recent.get()
    assert recent.get() == 1
