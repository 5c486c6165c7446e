"""A process that outlives the command that started it, and is ended by nobody else's number."""

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
PROC = Path("/proc")  # macOS has none


class Daemon:
    """One background process of a local stack, known by its pid file."""

    def __init__(self, name: str, layout: Layout) -> None:
        self.name = name
        self.log = layout.log(name)
        self._pid_file = layout.root / f"{name}.pid"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process's number while it runs; None also when another process has the number now."""
        recorded = self._recorded()
        if recorded is None:
            return None
        if self._process is not None:
            self._process.poll()  # or it would stay as a zombie, which looks alive
        pid, born = recorded
        return pid if _birth(pid) == born else None

    def start(self, command: Sequence[str | Path], environment: Mapping[str, str]) -> None:
        """Start the process in a session of its own, with nothing of this one's environment."""
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
        """Wait until the process answers, and say why when it never does."""
        if not wait_until(lambda: self.pid is None or answers(url), seconds) or self.pid is None:
            tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-LOG_LINES:])
            raise StackError(f"The {self.name} did not start. The end of {self.log}:\n{tail}")

    def stop(
        self, patience: float = STOP_SECONDS, is_done: Callable[[], bool] = lambda: False
    ) -> bool:
        """End the process and all it started; tell whether there was anything to end.

        It is given time to end by itself: until `is_done`, or so many seconds.
        """
        recorded = self._recorded()
        if recorded is None:
            return False
        pid = recorded[0]
        alive = self.pid is not None
        if alive:
            os.kill(pid, signal.SIGTERM)
            wait_until(lambda: self.pid is None or is_done(), patience)
        # While one of a group lives, its number is given to no new process: this group is ours
        # unless a stranger leads it.
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
    """Tell when a living process began: with its number, that names it for good."""
    if PROC.exists():
        with suppress(FileNotFoundError, ProcessLookupError):
            fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
            return None if fields[0] in "ZX" else fields[19]
        return None
    command = ["ps", "-o", "state=,lstart=", "-p", str(pid)]
    fields = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()
    return None if not fields or fields[0].startswith("Z") else " ".join(fields[1:])


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Ask again and again until the condition holds or the time is over."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def answers(url: str) -> bool:
    """Tell whether something on this machine answers at a URL, whatever proxy is configured."""
    with suppress(URLError, OSError), build_opener(ProxyHandler({})).open(url, timeout=2):
        return True
    return False
