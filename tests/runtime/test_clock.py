"""The clock: the real one, and beside an emulator on this very machine a moved one."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from notification_core.domain.clock import to_millisecond, utc_now
from notification_core.runtime.clock import FRESH_SECONDS, VARIABLE, ShiftedClock, clock_for

DAY = timedelta(days=1)
LOCAL = ["http://127.0.0.1:4566", "http://localhost:4566", "http://localhost"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file that says a day."""
    file = tmp_path / "offset"
    file.write_text("86400")
    return file


def moved_by(clock: Callable[[], datetime]) -> timedelta:
    """Return how far a clock is from the real one, to the second."""
    return timedelta(seconds=round((clock() - datetime.now(UTC)).total_seconds()))


@pytest.mark.parametrize("endpoint", LOCAL)
def test_it_is_moved_beside_an_emulator_on_this_machine(file: Path, endpoint: str) -> None:
    clock = clock_for({VARIABLE: str(file), "AWS_ENDPOINT_URL": endpoint})

    assert moved_by(clock) == DAY


@pytest.mark.parametrize(
    "endpoint",
    [
        None,
        "",
        "https://dynamodb.eu-west-1.amazonaws.com",
        "http://127.0.0.1.example.com:4566",
        "http://localhost.example.com",
        "http://example.com/127.0.0.1",
        "http://127.0.0.1@example.com",
        "127.0.0.1:4566",
        "http://10.0.0.1:4566",
    ],
)
def test_it_is_never_moved_anywhere_else(file: Path, endpoint: str | None) -> None:
    environ = {VARIABLE: str(file)}
    if endpoint is not None:
        environ["AWS_ENDPOINT_URL"] = endpoint

    assert clock_for(environ) is utc_now


@pytest.mark.parametrize("environ", [{}, {VARIABLE: ""}])
def test_it_is_not_moved_where_no_file_is_named(environ: dict[str, str]) -> None:
    assert clock_for({**environ, "AWS_ENDPOINT_URL": LOCAL[0]}) is utc_now


@pytest.mark.parametrize("said", ["", "soon", "nan", "inf", "-inf", "1e300", "86400 seconds"])
def test_a_file_without_an_offset_leaves_the_real_time(file: Path, said: str) -> None:
    file.write_text(said)

    assert moved_by(ShiftedClock(file)) == timedelta(0)


def test_a_file_that_is_not_there_or_cannot_be_read_leaves_the_real_time(tmp_path: Path) -> None:
    assert moved_by(ShiftedClock(tmp_path / "nothing")) == timedelta(0)
    assert moved_by(ShiftedClock(tmp_path)) == timedelta(0)


def test_it_may_be_moved_back_and_by_parts_of_a_second(file: Path) -> None:
    file.write_text("-3600.0006\n")

    clock = ShiftedClock(file)

    assert moved_by(clock) == -timedelta(hours=1)
    now = clock()
    assert now == to_millisecond(now), "the stores keep whole milliseconds"


def test_a_change_of_the_file_is_soon_believed(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    readings = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: readings[-1])
    clock = ShiftedClock(file)
    assert moved_by(clock) == DAY

    file.write_text("0")
    assert moved_by(clock) == DAY, "it is not read at each glance"
    readings.append(FRESH_SECONDS * 2)

    assert moved_by(clock) == timedelta(0)
