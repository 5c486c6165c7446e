"""Measured figures, their goals, and the table of results."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any


class BenchError(Exception):
    """A measurement is invalid: a message was lost, duplicated or rejected, or it took too long."""


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound for the median."""

    bound: float
    at_least: bool = False

    def holds(self, value: float) -> bool:
        """Return whether a value meets the goal."""
        return value >= self.bound if self.at_least else value <= self.bound

    def __str__(self) -> str:
        return f"{'>=' if self.at_least else '<='} {_shown(self.bound)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure: a value for each run."""

    name: str
    unit: str
    values: Sequence[float]
    goal: Goal | None = None
    note: str = ""  #: details of the value

    @property
    def median(self) -> float:
        """The median, which is compared with the goal."""
        return median(self.values)

    @property
    def passed(self) -> bool:
        """Whether the goal is met; a figure without a goal always passes."""
        return self.goal is None or self.goal.holds(self.median)

    def as_json(self) -> dict[str, Any]:
        """Return the figure as JSON data."""
        return {
            "name": self.name,
            "unit": self.unit,
            "goal": None if self.goal is None else str(self.goal),
            "min": min(self.values),
            "median": self.median,
            "max": max(self.values),
            "runs": list(self.values),
            "passed": self.passed,
            "note": self.note,
        }


def _shown(value: float) -> str:
    if value == round(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def table(figures: Sequence[Figure]) -> str:
    """Format the figures as a table."""
    rows: list[tuple[str, ...]] = [("figure", "unit", "goal", "min", "median", "max", "runs", "")]
    rows += [_row(figure) for figure in figures]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    left = {0, 1, len(widths) - 1}
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column in left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def _row(figure: Figure) -> tuple[str, ...]:
    ended = "pass" if figure.passed else "FAIL"
    return (
        figure.name,
        figure.unit,
        "" if figure.goal is None else str(figure.goal),
        _shown(min(figure.values)),
        _shown(figure.median),
        _shown(max(figure.values)),
        str(len(figure.values)),
        f"{'-' if figure.goal is None else ended}{f'  {figure.note}' if figure.note else ''}",
    )
