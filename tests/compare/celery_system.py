"""Celery with Redis: one task per e-mail."""

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tests.benchmarks.figures import BenchError
from tests.compare.mails import Addresses
from tests.compare.processor_time import children_of, seconds_of, seconds_of_family
from tests.compare.systems import Usage, peer, run, start

_APP = "tests.compare.peers.celery_app"
_READY_SECONDS = 30

NO_REDIS = (
    "Celery is skipped, because redis-server is not on the PATH. To include it:"
    " apt-get install redis-server, or brew install redis."
)


class CelerySystem:
    """One worker, with its Redis server.

    Args:
        name: the system's name in the results.
        pool: the options of `celery worker` for concurrency.
        redis: the process and the port of the Redis server.
        mail_port: the port of the mail server.
    """

    repairs_itself = False

    def __init__(
        self, name: str, pool: Sequence[str], redis: tuple[int, int], mail_port: int
    ) -> None:
        self.name, self._pool = name, pool
        self._has_children = "prefork" in pool
        self.killed = "one of the two processes" if self._has_children else "the process"
        self.recovery = (
            "Celery starts another one" if self._has_children else "the supervisor starts it again"
        )
        self._redis_pid, self._redis_port = redis
        self._environment = {
            "COMPARE_REDIS": f"redis://127.0.0.1:{self._redis_port}/0",
            "COMPARE_MAIL_PORT": str(mail_port),
        }
        self._addresses = Addresses()
        self._workers: list[Any] = []
        self._producer_seconds = 0.0

    def start(self) -> None:
        """Start a worker and wait until it accepts tasks."""
        options = ["worker", "--loglevel", "WARNING", *self._pool]
        options += ["--hostname", f"worker{len(self._workers)}@compare"]
        worker = start(peer("celery", "-A", _APP, *options), self._environment)
        self._workers.append(worker)
        deadline = time.monotonic() + _READY_SECONDS
        ping = peer("celery", "-A", _APP, "inspect", "ping", "--timeout", "2", "--json")
        while subprocess_fails(ping, self._environment):
            if time.monotonic() > deadline or worker.poll() is not None:
                raise BenchError("the Celery worker did not start")

    def addresses(self, count: int, latency_ms: int) -> list[str]:  # noqa: ARG002 - as `System`
        """Return the recipients of a run."""
        return self._addresses.of(count)

    def register(self, recipients: Sequence[str]) -> None:
        """Do nothing, because Celery has no users."""

    def ask(self, recipients: Sequence[str], due_at: float | None) -> float:
        """Send the tasks from one process."""
        request = {"addresses": list(recipients), "due_at": due_at}
        answer, seconds = run(peer(_APP), self._environment, request)
        self._producer_seconds += seconds
        return float(answer["began"])

    def work(self, *, workers: int = 1) -> None:
        """Start a second worker if the first is a single process; otherwise do nothing."""
        if workers > 1 and not self._has_children:
            self.start()

    def settle(self) -> None:
        """Wait until the last result is stored."""
        before = -1.0
        while (now := self._seconds()) != before:
            before = now
            time.sleep(1)

    def usage(self) -> Usage:
        """Return the CPU time of the producer, the worker and Redis."""
        own = {"producer": self._producer_seconds, "worker": self._seconds()}
        return Usage(own, {"Redis": seconds_of(self._redis_pid)})

    def _seconds(self) -> float:
        return sum(seconds_of_family(worker.pid) for worker in self._workers)

    def kill_worker(self) -> None:
        """Kill a sending process."""
        worker = self._workers[0]
        os.kill(children_of(worker.pid)[0] if self._has_children else worker.pid, signal.SIGKILL)

    def recover(self) -> None:
        """Restart the worker if the whole worker was killed."""
        if not self._has_children:
            self._workers.pop(0).wait()
            self.start()

    def held_back(self) -> int:
        """Return the number of tasks that Redis delivers to another worker after an hour.

        Source: docs.celeryq.dev, "Using Redis", visibility timeout.
        """
        with socket.create_connection(("127.0.0.1", self._redis_port), timeout=5) as connection:
            connection.sendall(b"HLEN unacked\r\n")
            answer = re.match(rb":(\d+)", connection.recv(64))
        return int(answer[1]) if answer else 0

    def end(self) -> None:
        """Stop the workers."""
        for worker in self._workers:
            worker.terminate()
        for worker in self._workers:
            worker.wait(_READY_SECONDS)
        self._workers = []


def subprocess_fails(command: Sequence[str], environment: dict[str, str]) -> bool:
    """Return whether a command fails."""
    return bool(start(command, environment).wait(_READY_SECONDS))


@contextmanager
def celery_system(name: str, pool: Sequence[str], mail_port: int) -> Iterator[CelerySystem]:
    """Run a separate Redis and one worker. Raises BenchError if Redis is not installed."""
    with _redis() as redis:
        system = CelerySystem(name, pool, redis, mail_port)
        try:
            system.start()
            yield system
        finally:
            system.end()


def has_redis() -> bool:
    """Return whether the machine has a Redis server."""
    return shutil.which("redis-server") is not None


@contextmanager
def _redis() -> Iterator[tuple[int, int]]:
    """Run a Redis server without persistence; yield its process and its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with tempfile.TemporaryDirectory(prefix="compare-") as folder:
        command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1"]
        command += ["--save", "", "--dir", folder]
        server = start(command, {}, stdout=subprocess.DEVNULL)
        try:
            _wait_for(port)
            yield server.pid, port
        finally:
            server.terminate()
            server.wait(_READY_SECONDS)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise BenchError("Redis did not start")
