"""What every system that is compared can do, and how its processes are run."""

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

#: Made by `make compare` alone; nothing else here needs what is in it.
PEERS = PROJECT / ".local" / "env" / "compare" / "bin"

#: Seconds that one command of another system may take.
TIMEOUT = 180


@dataclass(frozen=True)
class Usage:
    """Seconds that processes have computed, by their names."""

    own: Mapping[str, float] = field(default_factory=dict)
    infrastructure: Mapping[str, float] = field(default_factory=dict)

    def since(self, before: "Usage") -> "Usage":
        """Return what has been added since."""
        return Usage(
            _added(self.own, before.own), _added(self.infrastructure, before.infrastructure)
        )


def _added(after: Mapping[str, float], before: Mapping[str, float]) -> dict[str, float]:
    return {name: seconds - before.get(name, 0.0) for name, seconds in after.items()}


class System(Protocol):
    """A system that sends e-mails when they are due."""

    #: As the results name it.
    name: str
    #: What is killed, and what its documentation has one do then.
    killed: str
    recovery: str
    #: Whether it comes back to what a killed worker had in hand; only then that is waited for long.
    repairs_itself: bool

    def addresses(self, count: int, latency_ms: int) -> list[str]:
        """Return the recipients of a run in which the mail server answers so late."""

    def register(self, recipients: Sequence[str]) -> None:
        """Make known those that are not yet, where the system has users."""

    def ask(self, recipients: Sequence[str], due_at: float | None) -> float:
        """Ask for one mail each, by one caller; return when the first request was begun."""

    def work(self, *, workers: int = 1) -> None:
        """Begin to send what is due, where that is not done all the time.

        `workers` is how many processes do it; a system that always has two ignores it.
        """

    def settle(self) -> None:
        """Wait until everything is recorded."""

    def usage(self) -> Usage:
        """Return what its processes have computed since they were started."""

    def kill_worker(self) -> None:
        """Kill one process that sends, by SIGKILL."""

    def recover(self) -> None:
        """Do what its documentation has one do then."""

    def held_back(self) -> int:
        """Return how many mails are not lost but wait for something that takes too long here."""


def peer(*arguments: str) -> list[str]:
    """Return a command of the peers' environment."""
    return [str(PEERS / "python"), "-m", *arguments]


def start(command: Sequence[str], environment: Mapping[str, str], **pipes: Any) -> Any:
    """Start a process with nothing of this one's environment."""
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
    """Run a command; return the JSON that it prints, if any, and how long it has computed."""
    process = start(command, environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    output, _ = process.communicate(json.dumps(request).encode() + b"\n", TIMEOUT)
    if process.returncode:
        raise BenchError(f"{' '.join(command[1:4])} ended with {process.returncode}")
    return json.loads(output) if output.startswith(b"{") else None, _since(before)


def end_of(process: Any) -> float:
    """Wait for the end of a process that was started; return how long it has computed."""
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
    """Tell a person how it goes."""
    print(line, file=sys.stdout, flush=True)
