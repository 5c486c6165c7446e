"""The measured results, in the format of the last run's file."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

#: Latency of the mail server, in milliseconds.
LATENCIES = (0, 20, 100)


@dataclass(frozen=True, kw_only=True)
class Rate:
    """The rate at which a system creates and sends e-mails, at one latency of the mail server."""

    system: str
    latency_ms: int
    #: E-mails per run.
    count: int
    #: E-mails per second of each run, from the first request to the last mail in the server's log.
    runs: Sequence[float]
    #: CPU milliseconds of one e-mail, by process: the median of the runs.
    own_ms: Mapping[str, float]
    infrastructure_ms: Mapping[str, float]

    @property
    def per_second(self) -> float:
        """The median."""
        return median(self.runs)


@dataclass(frozen=True, kw_only=True)
class Lateness:
    """The lateness of the mails of a burst that is due in one second."""

    system: str
    latency_ms: int
    count: int
    p50: float  #: seconds
    p99: float  #: seconds


@dataclass(frozen=True, kw_only=True)
class Doubled:
    """The number of mails that two workers sent twice."""

    system: str
    count: int
    doubled: int


@dataclass(frozen=True, kw_only=True)
class Killed:
    """The results of a run in which a worker was killed half-way."""

    system: str
    killed: str
    recovery: str
    count: int
    lost: int
    doubled: int
    #: Not lost: Redis delivers them to another worker, but only after an hour.
    held_back: int
    #: From the kill to the last mail.
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Results:
    """One run of the comparison."""

    python: str
    processors: int
    seconds: float
    #: The load average at the end; far above `processors` it shows other work on the machine.
    load: float
    rates: Sequence[Rate]
    lateness: Sequence[Lateness]
    doubled: Sequence[Doubled]
    killed: Sequence[Killed]

    def rate(self, system: str, latency_ms: int) -> Rate | None:
        """Return the rate of a system at a latency; None if it was not measured."""
        of_both = (
            rate for rate in self.rates if (rate.system, rate.latency_ms) == (system, latency_ms)
        )
        return next(of_both, None)

    @property
    def systems(self) -> list[str]:
        """The names of all systems, in the order in which they were measured."""
        return list(dict.fromkeys(rate.system for rate in self.rates))


def write(file: Path, results: Results) -> None:
    """Write the results as JSON, rounded to significant digits."""
    file.write_text(json.dumps(_rounded(asdict(results)), indent=1) + "\n")


def read(file: Path) -> Results:
    """Read the results."""
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
