"""Runs the program as a user runs it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from infra.local.layout import PROJECT


@dataclass(frozen=True)
class Ran:
    """The result of a run."""

    code: int
    out: str
    err: str

    @property
    def widest(self) -> int:
        """The length of the longest line."""
        return max((len(line) for line in (self.out + self.err).splitlines()), default=0)


#: Seconds that a command may take. `make ancestor` allows more for a large database.
SECONDS = int(os.environ.get("COMMAND_SECONDS", "300"))


def notify(*words: str, stdin: str = "", **environment: str) -> Ran:
    """Run the program at 80 columns, without a terminal."""
    return _run(words, stdin, environment, None)


def notify_in(folder: Path, *words: str, **environment: str) -> Ran:
    """Run the program in a folder."""
    return _run(words, "", environment, folder)


def _run(
    words: Sequence[str], stdin: str, environment: Mapping[str, str], folder: Path | None
) -> Ran:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    kept |= {
        "COLUMNS": "80",
        "PYTHONPATH": os.pathsep.join([str(PROJECT / "clients/python"), str(PROJECT / "shared")]),
        "AWS_CONFIG_FILE": os.devnull,
    }
    kept |= {
        "TZ": "UTC",
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    completed = subprocess.run(
        [sys.executable, "-P", "-m", "notification_system.cli", *words],
        input=stdin,
        capture_output=True,
        text=True,
        env={**kept, **environment},
        timeout=SECONDS,
        cwd=folder,
        check=False,
    )
    return Ran(completed.returncode, completed.stdout, completed.stderr)


@dataclass
class Gateway:
    """A server that records each request and returns the prepared answers."""

    url: str = ""
    answers: list[tuple[int, Any]] = field(default_factory=list)
    #: Answers a request by its path and body instead, for requests without a certain order.
    respond: Callable[[str, Any], tuple[int, Any]] | None = None
    seen: list[dict[str, Any]] = field(default_factory=list)


@contextmanager
def _serving() -> Iterator[Gateway]:
    gateway = Gateway()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            request = self.rfile.read(size)
            gateway.seen.append(
                {
                    "method": self.command,
                    "path": self.path,
                    "headers": dict(self.headers.items()),
                    "body": request,
                }
            )
            if gateway.respond is not None:
                parsed = json.loads(request) if request else None
                status, body = gateway.respond(self.path.removeprefix("/v1"), parsed)
            else:
                status, body = gateway.answers.pop(0)
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815 - the library's names

        def log_message(self, *_: Any) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    gateway.url = f"http://127.0.0.1:{server.server_port}/v1"
    yield gateway
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    """A gateway without prepared answers."""
    with _serving() as gateway:
        yield gateway


@pytest.fixture
def on_aws(gateway: Gateway) -> Callable[..., Ran]:
    """Run the program against the gateway, with temporary credentials."""

    def run(*words: str, stdin: str = "", **environment: str) -> Ran:
        where = ("--api-url", gateway.url, "--region", "eu-west-1")
        key = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
        key["AWS_SESSION_TOKEN"] = "token/of+a=session"
        return notify(*words, *where, stdin=stdin, **key | environment)

    return run
