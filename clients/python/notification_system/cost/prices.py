"""The list prices in `prices.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("prices.toml")

#: The day on which the prices were looked up.
LOOKED_UP = "2026-11-29"


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """AWS's price for one unit, in us-east-1."""

    usd: float
    unit: str
    source: str
    free: float = 0.0  #: units that are free for each account each month, permanently


@cache
def prices() -> Mapping[str, Price]:
    """Return the prices by name."""
    content = tomllib.loads(FILE.read_text())
    return {name: Price(**fields) for name, fields in content.items()}
