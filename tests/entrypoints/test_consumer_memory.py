"""A full batch of the largest contents fits into the memory that a function is given."""

import json
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from notification_core.domain.content import MAX_BODY
from tests.architecture.templates import ROOT, read, resources

#: Megabytes of the e-mail function, which has what every function has.
MEMORY = int(read("template.yaml")["Globals"]["Function"]["MemorySize"])
EMOJI = "\N{GRINNING FACE}"  # one makes a text in memory four bytes a character
BODY = ("lorem ipsum dolor sit amet\n" * 8000)[: MAX_BODY - len(EMOJI.encode())] + EMOJI
STORED = json.dumps({"title": "t", "body": BODY, "extra": {}}).encode()


class Cloud(BaseHTTPRequestHandler):
    """S3, in which every object is the same; and SES, which takes everything."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(STORED)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(b'{"MessageId": "ses-1"}')

    def _answer(self, payload: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """Lets a whole batch connect at once."""

    request_queue_size = 256
    daemon_threads = True


@pytest.fixture
def cloud() -> Iterator[str]:
    """The URL of what stands in for S3 and SES."""
    server = Server(("127.0.0.1", 0), Cloud)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_thousand_notifications_of_200_kb_need_half_of_the_functions_memory(cloud: str) -> None:
    assert len(BODY.encode()) == MAX_BODY
    assert "MemorySize" not in resources("AWS::Serverless::Function")["DeliverEmail"]

    ran = subprocess.run(
        [sys.executable, "-m", "tests.entrypoints.large_batch", cloud],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": "shared:."},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout.splitlines()[-1])
    assert (found["again"], found["ends"]) == ([], ["delivered"])
    assert found["megabytes"] < MEMORY / 2
