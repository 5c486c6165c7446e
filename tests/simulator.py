"""A provider simulator of its own on free ports, and a receiver of what it sends."""

import contextlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl

import pytest
import requests

ROOT = Path(__file__).parents[1]

#: Seconds: the timeout of a client that gives up before a slow provider answers.
SHORT = 0.3


@dataclass(frozen=True)
class Running:
    """A simulator and the ways a test looks into it."""

    url: str
    smtp_port: int
    process: subprocess.Popen[str]

    def get(self, path: str, **query: str) -> Any:
        return requests.get(self.url + path, params=query, timeout=5).json()

    def inbox(self, to: str) -> list[dict[str, Any]]:
        return cast("list[dict[str, Any]]", self.get("/inbox", to=to)["items"])

    def outcomes(self, to: str) -> list[tuple[str, int | None]]:
        return [(r["outcome"], r["status"]) for r in self.get("/requests", to=to)["items"]]

    def callbacks(self, to: str) -> list[dict[str, Any]]:
        return cast("list[dict[str, Any]]", self.get("/callbacks", to=to)["items"])

    def hook(self, name: str, timeout: float = 5, **body: Any) -> requests.Response:
        return requests.post(f"{self.url}/hooks/{name}", json=body, timeout=timeout)

    def push(self, body: Any, **headers: str) -> requests.Response:
        url = f"{self.url}/--/api/v2/push/send"
        return requests.post(url, data=body, headers=headers, timeout=5)


@contextlib.contextmanager
def running(*options: str) -> Iterator[Running]:
    command = [sys.executable, "-m", "infra.simulator", "--port", "0", "--smtp-port", "0", *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Running(**json.loads(process.stdout.readline()), process=process)
        finally:
            process.terminate()
            ended = process.wait(timeout=5)
    assert ended == 0


@dataclass(frozen=True)
class Received:
    """One request a receiver got: a form, as Twilio sends it."""

    path: str
    headers: dict[str, str]
    form: dict[str, str]


@dataclass
class Receiver:
    """A server of the customer's; ``answer`` may be changed, also to a slow one."""

    port: int
    received: list[Received] = field(default_factory=list)
    answer: Callable[[], tuple[int, str]] = lambda: (200, "<Response/>")

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"


@contextlib.contextmanager
def receiving() -> Iterator[Receiver]:
    """Run a receiver on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = dict(parse_qsl(text, keep_blank_values=True))
            receiver.received.append(Received(self.path, dict(self.headers), form))
            status, body = receiver.answer()
            # A simulator that ends does not wait for its answers.
            with contextlib.suppress(ConnectionError):
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body.encode())

        def log_message(self, *_args: object) -> None:
            """Keep the test's output quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver = Receiver(server.server_port)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()


def eventually(look: Callable[[], Any], good: Callable[[Any], bool]) -> Any:
    """Look again until it is good, for a few seconds; returns what was last seen."""
    end = time.monotonic() + 5
    while not good(seen := look()) and time.monotonic() < end:
        time.sleep(0.02)
    return seen


@pytest.fixture(scope="session")
def simulator() -> Iterator[Running]:
    with pytest.MonkeyPatch.context() as patch, running() as started:
        patch.setenv("NO_PROXY", "127.0.0.1")
        yield started
