"""Repeats a measurement, tells how it goes, and stops when the time is up."""

import time
from collections.abc import Callable
from typing import TypeVar

from tests.benchmarks.figures import BenchError

Result = TypeVar("Result")


class Runner:
    """What every benchmark is given.

    Args:
        runs: how often each measurement is made.
        seconds: after which no more is begun.
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
    ) -> list[Result]:
        """Measure again and again; raises BenchError when the time is up."""
        results = []
        for number in range(1, self.runs + 1):
            if time.monotonic() - self._began > self._seconds:
                raise BenchError(f"{self._seconds:.0f} s are over: measure less, or with --seconds")
            results.append(measure())
            self.say(f"{name}, run {number} of {self.runs}: {shown(results[-1])}")
        return results

    def say(self, line: str) -> None:
        """Print a line of progress."""
        print(f"[{time.monotonic() - self._began:5.1f} s] {line}", flush=True)
