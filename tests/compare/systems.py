"""The interface of a compared system, and functions that run its processes."""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from tests.benchmarks.environment import PROJECT, clean_environment
from tests.benchmarks.figures import BenchError

#: The environment of the other systems, which only `make compare` creates and uses.
PEERS = PROJECT / ".local" / "env" / "compare" / "bin"

#: Time limit of one command of another system, in seconds.
TIMEOUT = 180


@dataclass(frozen=True)
class Usage:
    """CPU seconds of processes, by name."""

    own: Mapping[str, float] = field(default_factory=dict)
    infrastructure: Mapping[str, float] = field(default_factory=dict)

    def since(self, before: "Usage") -> "Usage":
        """Return the difference to an earlier value."""
        return Usage(
            _added(self.own, before.own), _added(self.infrastructure, before.infrastructure)
        )


def _added(after: Mapping[str, float], before: Mapping[str, float]) -> dict[str, float]:
    return {name: seconds - before.get(name, 0.0) for name, seconds in after.items()}


class System(Protocol):
    """A system that sends e-mails when they are due."""

    #: Its name in the results.
    name: str
    #: The process that is killed, and the recovery that its documentation describes.
    killed: str
    recovery: str
    #: Whether it retries the work of a killed worker; only then the measurement waits for it.
    repairs_itself: bool

    def addresses(self, count: int, latency_ms: int) -> list[str]:
        """Return the recipients of a run with this latency of the mail server."""

    def register(self, recipients: Sequence[str]) -> None:
        """Register new recipients, if the system has users."""

    def ask(self, recipients: Sequence[str], due_at: float | None) -> float:
        """Create a mail for each recipient from one caller; return the first request's time."""

    def work(self, *, workers: int = 1) -> None:
        """Start to send due mails, if the system does not send continuously.

        `workers` is the number of processes; a system that always has two ignores it.
        """

    def settle(self) -> None:
        """Wait until all results are recorded."""

    def usage(self) -> Usage:
        """Return the CPU time of its processes since their start."""

    def kill_worker(self) -> None:
        """Kill one sending process with SIGKILL."""

    def recover(self) -> None:
        """Recover as its documentation describes."""

    def held_back(self) -> int:
        """Return the number of mails that are not lost but held back for too long to wait."""


def peer(*arguments: str) -> list[str]:
    """Return a command in the environment of the other systems."""
    return [str(PEERS / "python"), "-m", *arguments]


def start(command: Sequence[str], environment: Mapping[str, str], **pipes: Any) -> Any:
    """Start a process without this process's environment."""
    return subprocess.Popen(
        command,
        env={**clean_environment(PROJECT), **environment},
        cwd=PROJECT,
        stderr=subprocess.DEVNULL if "stdout" not in pipes else None,
        **{"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, **pipes},
    )


def run(
    command: Sequence[str], environment: Mapping[str, str], request: Any = None
) -> tuple[Any, float]:
    """Run a command; return the JSON that it prints, if any, and its CPU time."""
    process = start(command, environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    output, _ = process.communicate(json.dumps(request).encode() + b"\n", TIMEOUT)
    if process.returncode:
        raise BenchError(f"{' '.join(command[1:4])} failed with exit status {process.returncode}")
    return json.loads(output) if output.startswith(b"{") else None, _since(before)


def end_of(process: Any) -> float:
    """Wait for the end of a started process; return its CPU time."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process.wait(TIMEOUT)
    return _since(before)


def _since(before: resource.struct_rusage) -> float:
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def sleep_until(moment: float) -> None:
    """Sleep until a time, in seconds since 1970."""
    time.sleep(max(0.0, moment - time.time()))


def say(line: str) -> None:
    """Print a line of progress."""
    print(line, file=sys.stdout, flush=True)
