"""What was measured, what it should be, and the table of it all."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any


class BenchError(Exception):
    """A measurement is void: something was lost, doubled or refused, or took too long."""


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound that the median must keep."""

    bound: float
    at_least: bool = False

    def holds(self, value: float) -> bool:
        """Whether a value keeps it."""
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
    note: str = ""  #: what the value is made of

    @property
    def median(self) -> float:
        """The value that counts."""
        return median(self.values)

    @property
    def passed(self) -> bool:
        """Whether it is as it should be; what has no goal always is."""
        return self.goal is None or self.goal.holds(self.median)

    def as_json(self) -> dict[str, Any]:
        """Return it for a file."""
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
    """Write the figures as a table for a person."""
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
