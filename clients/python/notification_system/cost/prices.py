"""The list prices of `prices.toml`."""

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
    """What AWS charges for one unit of something, in us-east-1."""

    usd: float
    unit: str
    source: str
    free: float = 0.0  #: units that each account has for nothing each month, without an end


@cache
def prices() -> Mapping[str, Price]:
    """Return every price by its name."""
    return {name: Price(**said) for name, said in tomllib.loads(FILE.read_text()).items()}
