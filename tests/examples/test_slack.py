"""The worked example of a handler that became a target: the page has its text, and it sends."""

import importlib.util
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import ModuleType
from typing import Any

import pytest

from notification_core.domain.failures import DeliveryFailed, ErrorClass, ProviderError
from notification_core.usecases.administration.manifests import read_manifest
from tests.builders import a_delivery
from tests.simulator import ROOT

EXAMPLE = ROOT / "docs/examples/slack"


@pytest.fixture(scope="module")
def handler() -> ModuleType:
    """The target's handler."""
    spec = importlib.util.spec_from_file_location("slack_handler", EXAMPLE / "handler.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Slack(ThreadingHTTPServer):
    """Answers with a status, and keeps what it received."""

    status = 200
    daemon_threads = True

    def __init__(self) -> None:
        self.received: list[bytes] = []
        super().__init__(("127.0.0.1", 0), Webhook)


class Webhook(BaseHTTPRequestHandler):
    """One request."""

    server: Slack

    def do_POST(self) -> None:
        self.server.received.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "10")
        self.end_headers()
        self.wfile.write(b"no_service")

    def log_message(self, *_: Any) -> None:
        """Log nothing."""


@pytest.fixture
def slack() -> Iterator[Slack]:
    """A webhook on the loopback interface."""
    with Slack() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def send(handler: ModuleType, slack: Slack) -> Any:
    address = f"http://127.0.0.1:{slack.server_port}/services/T0/B0/X"
    return handler.send(a_delivery(address=address, body="Breakfast is ready"))


@pytest.mark.parametrize("name", ["before.py", "handler.py"])
def test_the_page_shows_the_file(name: str) -> None:
    page = (ROOT / "docs/migrating-from-django.md").read_text()

    assert f"```python\n{(EXAMPLE / name).read_text()}```" in page


def test_a_notification_is_posted(handler: ModuleType, slack: Slack) -> None:
    send(handler, slack)

    assert slack.received == [b'{"text": "Breakfast is ready"}']


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (404, ErrorClass.RECIPIENT),
        (400, ErrorClass.MESSAGE),
        (429, ErrorClass.THROTTLED),
        (503, ErrorClass.TRANSIENT),
    ],
)
def test_an_answer_has_the_class_of_the_table(
    handler: ModuleType, slack: Slack, status: int, expected: ErrorClass
) -> None:
    slack.status = status
    table = read_manifest(EXAMPLE / "target.json").errors

    with pytest.raises(ProviderError) as refused:
        send(handler, slack)
    assert table.failure(refused.value).error_class is expected


def test_a_webhook_that_cannot_be_reached_is_tried_again(handler: ModuleType, slack: Slack) -> None:
    slack.shutdown()
    slack.server_close()

    with pytest.raises(DeliveryFailed):
        send(handler, slack)
