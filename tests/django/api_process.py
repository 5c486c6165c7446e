"""The real API over stores in memory, as a process of the environment `dev`.

    python -m tests.django.api_process

It prints its URL, serves until its standard input ends, and accepts two commands beside the API:
`PUT /failures/N` lets the next N requests fail with 503, and `DELETE /` empties all stores.
"""

import json
import os
import sys
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from notification_core.runtime import wiring
from notification_core.usecases.administration.manifests import read_manifests, sync_targets
from notification_core.usecases.consent import opt_out
from tests.builders import Watch, World
from tests.emulator import ENVIRONMENT
from tests.functions.lambda_calls import Api

TARGETS = Path(__file__).parents[2] / "functions/targets"


class RealWatch(Watch):
    """The clock of this machine."""

    def __call__(self) -> datetime:
        return datetime.now(UTC)


class State:
    """The system in memory, and the number of requests that are going to fail."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.reset()

    def reset(self) -> None:
        """Begin with empty stores and the shipped targets."""
        self.failures = 0
        self.world = World(watch=RealWatch())
        for store in (self.world.modules, self.world.targets, self.world.records):
            store.stored.clear()
        sync_targets(self.world.ports, read_manifests(TARGETS))


def handler_of(state: State, api: Api) -> type[BaseHTTPRequestHandler]:
    """Return the handler of requests."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def reply(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            with state.lock:
                status, body = self._answer(content)
            answer = b"" if body is None else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def _answer(self, content: bytes) -> tuple[int, Any]:
            url = urlsplit(self.path)
            if self.command == "PUT" and url.path.startswith("/failures/"):
                state.failures = int(url.path.rpartition("/")[2])
                return 204, None
            if self.command == "DELETE" and url.path == "/":
                state.reset()
                return 204, None
            if state.failures:
                state.failures -= 1
                return 503, {"type": "urn:problem:unavailable", "detail": "of a test"}
            answer = api(
                self.command,
                unquote(url.path.removeprefix("/v1")),
                content.decode() or None,
                query=dict(parse_qsl(url.query)),
                headers={name.lower(): value for name, value in self.headers.items()},
            )
            return answer.status, answer.body

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = reply  # noqa: N815 - the library's names

        def log_message(self, *_: Any) -> None:
            """Log nothing."""

    return Handler


def main() -> None:
    """Serve until the standard input ends."""
    os.environ |= ENVIRONMENT
    for wait in ("INDEX_LAG", "PAUSE"):  # nothing lags in memory
        setattr(opt_out, wait, timedelta(milliseconds=10))
    state = State()
    wiring.ports = lambda: state.world.ports  # type: ignore[assignment]  # before its importers
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(state, Api()))
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    output, sys.stdout = sys.stdout, sys.stderr  # the log of the function is not the URL
    print(f"http://127.0.0.1:{server.server_port}", file=output, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
