"""A conditional write that lost to another process is decided again."""

import pytest

from notification_core.domain.errors import Unavailable
from notification_core.domain.transitions import Conflict, RecordChanged
from notification_core.usecases.conflicts import retry_on_conflict


class Contended:
    """A step that another process is faster than, so many times."""

    def __init__(self, times: int, conflict: type[Exception] = Conflict) -> None:
        self.times, self.conflict, self.calls = times, conflict, 0

    def __call__(self) -> str:
        self.calls += 1
        if self.calls <= self.times:
            raise self.conflict
        return "stored"


@pytest.mark.parametrize("conflict", [Conflict, RecordChanged])
@pytest.mark.parametrize("times", [0, 1, 4])
def test_a_step_is_repeated_until_it_succeeds(times: int, conflict: type[Exception]) -> None:
    step = Contended(times, conflict)

    assert retry_on_conflict(step, 5) == "stored"
    assert step.calls == times + 1


def test_a_step_is_not_repeated_for_ever() -> None:
    step = Contended(5)

    with pytest.raises(Unavailable):
        retry_on_conflict(step, 5)
    assert step.calls == 5


def test_another_error_is_not_a_conflict() -> None:
    step = Contended(1, ValueError)

    with pytest.raises(ValueError):  # noqa: PT011 - raised as it is
        retry_on_conflict(step, 5)
    assert step.calls == 1
