"""The processes of a measurement: servers that it stops, and workers that report results."""

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.benchmarks.environment import PROJECT, SHARED, clean_environment, python
from tests.benchmarks.figures import BenchError

PROC = Path("/proc")

#: Time limit of one worker, in seconds.
WORKER_TIMEOUT = 60
STOP_TIMEOUT = 10

#: Latency of the stub in milliseconds, like that of a service in the same region.
AWS_LATENCY_MS = 6
#: Latency of a provider in milliseconds.
PROVIDER_LATENCY_MS = 100


@contextmanager
def serving(module: str, *arguments: str) -> Iterator[dict[str, Any]]:
    """Run a server; yield the line of JSON that it prints when it is ready, and its `pid`."""
    environment = clean_environment(PROJECT, SHARED)
    with subprocess.Popen(
        python("-m", module, *arguments), stdout=subprocess.PIPE, env=environment, cwd=PROJECT
    ) as process:
        try:
            line = process.stdout.readline() if process.stdout else b""
            if not line:
                raise BenchError(f"{module} did not start")
            yield {**json.loads(line), "pid": process.pid}
        finally:
            process.terminate()
            process.wait(STOP_TIMEOUT)


class Stub:
    """A client of the stub of AWS."""

    def __init__(self, url: str, pid: int = 0) -> None:
        self.url = url
        self.pid = pid

    def reset(self, **scenario: Any) -> None:
        """Clear everything and fill the tables; `stub/scenario.py` has the names."""
        ask(f"{self.url}/_stub/reset", "POST", scenario)

    def waiting(self) -> list[dict[str, Any]]:
        """Return `{"id", "due_at"}` of each waiting notification."""
        waiting: list[dict[str, Any]] = ask(f"{self.url}/_stub/waiting")
        return waiting

    def messages(self, queue: str) -> list[str]:
        """Return the bodies of all messages that were sent to a queue."""
        return list(ask(f"{self.url}/_stub/messages").get(queue, ()))

    def report(self) -> dict[str, Any]:
        """Return the requests and the state. Raises BenchError if a request was not understood."""
        report: dict[str, Any] = ask(f"{self.url}/_stub/report")
        if report["problems"]:
            raise BenchError(f"the stub rejected a request: {report['problems'][0]}")
        return report


@contextmanager
def aws(latency_ms: int = AWS_LATENCY_MS) -> Iterator[Stub]:
    """Run the stub of AWS."""
    with serving("tests.benchmarks.stub", "--latency-ms", str(latency_ms)) as ready:
        yield Stub(ready["url"], ready["pid"])


@contextmanager
def provider(latency_ms: int = PROVIDER_LATENCY_MS) -> Iterator[dict[str, Any]]:
    """Run the providers' simulator; yield its `url` and `smtp_port`."""
    with serving("infra.simulator", "--latency-ms", str(latency_ms)) as ready:
        yield ready


def processor_seconds(pid: int) -> float:
    """Return the CPU time of a process in seconds; 0 if the system does not report it."""
    file = PROC / str(pid) / "stat"
    if not file.exists():
        return 0.0
    user, system = file.read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def accepted(simulator: str) -> int:
    """Return how many messages the simulator accepted since it was cleared."""
    return int(ask(f"{simulator}/health")["accepted"])


def ask(url: str, method: str = "GET", body: Mapping[str, Any] | None = None) -> Any:
    """Send JSON and return the JSON of the answer. Raises BenchError for an error status."""
    address = urlsplit(url)
    connection = HTTPConnection(address.hostname or "", address.port or 80, timeout=WORKER_TIMEOUT)
    try:
        connection.request(method, address.path, None if body is None else json.dumps(body))
        response = connection.getresponse()
        text = response.read()
        if response.status >= HTTPStatus.BAD_REQUEST:
            raise BenchError(f"{url}: {text.decode(errors='replace')}")
        return json.loads(text or b"null")
    finally:
        connection.close()


def work(task: str, environment: Mapping[str, str], **options: Any) -> dict[str, Any]:
    """Run one task of `worker` in a separate process; return its result."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        result, log = Path(folder) / "result.json", Path(folder) / "log"
        arguments = [task, json.dumps(options), str(result)]
        with log.open("wb") as output:
            ended = subprocess.run(
                python("-m", "tests.benchmarks.worker", *arguments),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                cwd=PROJECT,
                timeout=WORKER_TIMEOUT,
                check=False,
            )
        if ended.returncode:
            raise BenchError(f"{task} failed:\n{log.read_text(errors='replace')[-3000:]}")
        content: dict[str, Any] = json.loads(result.read_text())
        return content
