"""What was counted: `counts.toml`, which `make costs` writes from the stub's counts."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from notification_system.cost.step import Step

FILE = Path(__file__).with_name("counts.toml")

HEADING = "# Counted by `make costs`, which runs the real functions: do not edit.\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What each step costs, by its name, and how large an item is."""

    steps: Mapping[str, Step]
    item_bytes: int


@cache
def counts() -> Counts:
    """Return what is in the file."""
    said = tomllib.loads(FILE.read_text())
    size = said.pop("item_bytes")
    return Counts(steps={name: _step(each) for name, each in said.items()}, item_bytes=size)


def text(counted: Counts) -> str:
    """Return the file's text."""
    lines = [HEADING, f"item_bytes = {counted.item_bytes}"]
    for name, step in counted.steps.items():
        lines += ["", f"[{name}]", *(f"{field} = {_shown(step, field)}" for field in FIELDS)]
    return "\n".join(lines) + "\n"


FIELDS = ("reads", "writes", "sqs", "requests", "puts", "gets", "log_bytes", "metrics")


def _shown(step: Step, field: str) -> str:
    value = getattr(step, field)
    if isinstance(value, frozenset):
        return str(sorted(value)).replace("'", '"')
    return f"{float(value):g}"


def _step(said: Mapping[str, Any]) -> Step:
    return Step(**{**said, "metrics": frozenset(said["metrics"])})
