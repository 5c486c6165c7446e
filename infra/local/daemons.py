"""A process that outlives the command that started it, and is stopped by a verified process id."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from infra.local.layout import Layout, StackError

POLL_SECONDS = 0.1
STOP_SECONDS = 3
LOG_LINES = 15
PROC = Path("/proc")  # macOS does not have it


class Daemon:
    """One background process of a local stack, known by its pid file."""

    def __init__(self, name: str, layout: Layout) -> None:
        self.name = name
        self.log = layout.log(name)
        self._pid_file = layout.root / f"{name}.pid"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id while the process runs; None if another process has the id by now."""
        recorded = self._recorded()
        if recorded is None:
            return None
        if self._process is not None:
            self._process.poll()  # reaps it; a zombie would count as running
        pid, born = recorded
        return pid if _birth(pid) == born else None

    def start(self, command: Sequence[str | Path], environment: Mapping[str, str]) -> None:
        """Start the process in its own session, without this process's environment."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                cwd=self.log.parent,
                start_new_session=True,
            )
        pid = self._process.pid
        self._pid_file.write_text(json.dumps({"pid": pid, "born": _birth(pid)}))

    def wait_for(self, url: str, seconds: float = 60) -> None:
        """Wait until the process answers. Raises StackError with its log if it does not."""
        if not wait_until(lambda: self.pid is None or answers(url), seconds) or self.pid is None:
            tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-LOG_LINES:])
            raise StackError(f"The {self.name} did not start. The end of {self.log}:\n{tail}")

    def stop(
        self, patience: float = STOP_SECONDS, is_done: Callable[[], bool] = lambda: False
    ) -> bool:
        """Stop the process and its children; return whether it was running.

        The process has time to stop by itself: until `is_done`, or for `patience` seconds.
        """
        recorded = self._recorded()
        if recorded is None:
            return False
        pid = recorded[0]
        alive = self.pid is not None
        if alive:
            os.kill(pid, signal.SIGTERM)
            wait_until(lambda: self.pid is None or is_done(), patience)
        # While a member of a process group lives, the group's id is not reused. So the group is
        # ours unless another process leads it.
        if _birth(pid) in {None, recorded[1]}:
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
        if self._process is not None:
            self._process.wait()
            self._process = None
        self._pid_file.unlink()
        return alive

    def _recorded(self) -> tuple[int, str] | None:
        try:
            record = json.loads(self._pid_file.read_text())
        except FileNotFoundError:
            return None
        return record["pid"], record["born"]


def _birth(pid: int) -> str | None:
    """Return the start time of a living process, which together with its id identifies it."""
    if PROC.exists():
        with suppress(FileNotFoundError, ProcessLookupError):
            fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
            return None if fields[0] in "ZX" else fields[19]
        return None
    command = ["ps", "-o", "state=,lstart=", "-p", str(pid)]
    fields = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()
    return None if not fields or fields[0].startswith("Z") else " ".join(fields[1:])


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Poll until the condition holds or the time is over; return whether it holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def answers(url: str) -> bool:
    """Return whether a local URL answers, regardless of the configured proxy."""
    with suppress(URLError, OSError), build_opener(ProxyHandler({})).open(url, timeout=2):
        return True
    return False
