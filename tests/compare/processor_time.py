"""The CPU time of processes, by the operating system's accounting."""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")  # macOS does not have it; unknown values are omitted

_FUNCTION = b"AWS_LAMBDA_FUNCTION_NAME="


def seconds_of(pid: int) -> float:
    """Return the CPU seconds of a process and its ended children; 0 if unknown."""
    with suppress(FileNotFoundError, ProcessLookupError):
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        return sum(int(field) for field in fields[11:15]) / os.sysconf("SC_CLK_TCK")
    return 0.0


def seconds_of_family(pid: int) -> float:
    """Return the CPU time of a process and all its descendants."""
    return sum(seconds_of(member) for member in (pid, *_descendants(pid)))


def seconds_by_function(emulator: int) -> dict[str, float]:
    """Return the CPU time of the workers of each deployed function, by its physical name."""
    seconds: dict[str, float] = {}
    for pid in children_of(emulator):
        name = _function(pid)
        if name:
            seconds[name] = seconds.get(name, 0.0) + seconds_of(pid)
    return seconds


def peak_megabytes(pid: int) -> float:
    """Return the peak resident memory of a process; 0 if unknown."""
    with suppress(FileNotFoundError, ProcessLookupError):
        for line in (PROC / str(pid) / "status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return 0.0


def workers_of(emulator: int, function: str) -> list[int]:
    """Return the processes that run a function, by its physical name."""
    return [pid for pid in children_of(emulator) if _function(pid) == function]


def children_of(*parents: int) -> list[int]:
    """Return the running children of these processes."""
    return [pid for pid, parent in _parents() if parent in parents]


def _descendants(pid: int) -> Iterable[int]:
    for child in children_of(pid):
        yield child
        yield from _descendants(child)


def _parents() -> Iterator[tuple[int, int]]:
    for entry in PROC.glob("[0-9]*/stat") if PROC.exists() else ():
        with suppress(FileNotFoundError, ProcessLookupError):
            yield int(entry.parent.name), int(entry.read_text().rpartition(")")[2].split()[1])


def _function(pid: int) -> str:
    with suppress(FileNotFoundError, ProcessLookupError, PermissionError):
        for variable in (PROC / str(pid) / "environ").read_bytes().split(b"\0"):
            if variable.startswith(_FUNCTION):
                return variable.removeprefix(_FUNCTION).decode()
    return ""
