"""What was measured, as the file of the last run holds it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

#: Milliseconds that the mail server takes to answer.
LATENCIES = (0, 20, 100)


@dataclass(frozen=True, kw_only=True)
class Rate:
    """How fast one system creates and sends, at one latency of the mail server."""

    system: str
    latency_ms: int
    #: E-mails of each run.
    count: int
    #: E-mails a second of each run, from the first request to the last mail in the server's log.
    runs: Sequence[float]
    #: Milliseconds computed for one e-mail, by process: the median of the runs.
    own_ms: Mapping[str, float]
    infrastructure_ms: Mapping[str, float]

    @property
    def per_second(self) -> float:
        """The median."""
        return median(self.runs)


@dataclass(frozen=True, kw_only=True)
class Lateness:
    """How late the mails of one burst came that was due in one second."""

    system: str
    latency_ms: int
    count: int
    p50: float  #: seconds
    p99: float  #: seconds


@dataclass(frozen=True, kw_only=True)
class Doubled:
    """How many mails came twice from two workers."""

    system: str
    count: int
    doubled: int


@dataclass(frozen=True, kw_only=True)
class Killed:
    """What became of the mails when a worker was killed half-way."""

    system: str
    killed: str
    recovery: str
    count: int
    lost: int
    doubled: int
    #: Not lost: Redis gives them to another worker, but only after an hour.
    held_back: int
    #: From the kill to the last mail.
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Results:
    """One run of the comparison."""

    python: str
    processors: int
    seconds: float
    #: The operating system's load average at the end: far above `processors`, others worked, too.
    load: float
    rates: Sequence[Rate]
    lateness: Sequence[Lateness]
    doubled: Sequence[Doubled]
    killed: Sequence[Killed]

    def rate(self, system: str, latency_ms: int) -> Rate | None:
        """Return one system's rate at one latency; None where it was not measured."""
        of_both = (
            rate for rate in self.rates if (rate.system, rate.latency_ms) == (system, latency_ms)
        )
        return next(of_both, None)

    @property
    def systems(self) -> list[str]:
        """The names of all systems, in the order in which they were measured."""
        return list(dict.fromkeys(rate.system for rate in self.rates))


def write(file: Path, results: Results) -> None:
    """Write them as JSON, rounded to what they tell."""
    file.write_text(json.dumps(_rounded(asdict(results)), indent=1) + "\n")


def read(file: Path) -> Results:
    """Read them."""
    content = json.loads(file.read_text())
    content["rates"] = [Rate(**item) for item in content["rates"]]
    content["lateness"] = [Lateness(**item) for item in content["lateness"]]
    content["doubled"] = [Doubled(**item) for item in content["doubled"]]
    content["killed"] = [Killed(**item) for item in content["killed"]]
    return Results(**content)


def _rounded(value: Any) -> Any:
    match value:
        case dict():
            return {key: _rounded(item) for key, item in value.items()}
        case list() | tuple():
            return [_rounded(item) for item in value]
        case float():
            return round(value, 3)
        case _:
            return value
