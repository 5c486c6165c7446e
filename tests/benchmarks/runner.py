"""Repeats a measurement, prints its progress, and stops at the time limit."""

import time
from collections.abc import Callable
from typing import TypeVar

from tests.benchmarks.figures import BenchError

Result = TypeVar("Result")


class Runner:
    """Runs the measurements of a benchmark.

    Args:
        runs: the number of runs of each measurement.
        seconds: the time after which no further run starts.
    """

    def __init__(self, runs: int, seconds: float) -> None:
        self.runs = runs
        self._seconds = seconds
        self._began = time.monotonic()

    def repeat(
        self,
        name: str,
        measure: Callable[[], Result],
        shown: Callable[[Result], str],
        runs: int | None = None,
    ) -> list[Result]:
        """Repeat a measurement, `runs` times at most. Raises BenchError at the time limit."""
        results = []
        times = self.runs if runs is None else min(runs, self.runs)
        for number in range(1, times + 1):
            if time.monotonic() - self._began > self._seconds:
                raise BenchError(
                    f"the limit of {self._seconds:.0f} s is over: measure less, or raise --seconds"
                )
            results.append(measure())
            self.say(f"{name}, run {number} of {times}: {shown(results[-1])}")
        return results

    def say(self, line: str) -> None:
        """Print a line of progress."""
        print(f"[{time.monotonic() - self._began:5.1f} s] {line}", flush=True)
