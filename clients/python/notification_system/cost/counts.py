"""Counted requests: `counts.toml`, which `make costs` writes from the counts of the AWS stub."""

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
    """The counted requests of each step by name, and the size of an item."""

    steps: Mapping[str, Step]
    item_bytes: int


@cache
def counts() -> Counts:
    """Read the counts from the file."""
    content = tomllib.loads(FILE.read_text())
    size = content.pop("item_bytes")
    steps = {name: _step(fields) for name, fields in content.items()}
    return Counts(steps=steps, item_bytes=size)


def text(counted: Counts) -> str:
    """Return the text of the file for these counts."""
    lines = [HEADING, f"item_bytes = {counted.item_bytes}"]
    for name, step in counted.steps.items():
        lines += ["", f"[{name}]", *(f"{field} = {_format(step, field)}" for field in FIELDS)]
    return "\n".join(lines) + "\n"


FIELDS = ("reads", "writes", "sqs", "requests", "puts", "gets", "log_bytes", "metrics")


def _format(step: Step, field: str) -> str:
    value = getattr(step, field)
    if isinstance(value, frozenset):
        return str(sorted(value)).replace("'", '"')
    return f"{float(value):g}"


def _step(fields: Mapping[str, Any]) -> Step:
    return Step(**{**fields, "metrics": frozenset(fields["metrics"])})
