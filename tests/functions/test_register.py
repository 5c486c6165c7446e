"""The function that seeds a deployment."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from functions.targets.register import lambda_handler
from notifications.ports import Ports
from tests.functions.conftest import Context


class Stack(HTTPServer):
    """Where CloudFormation waits for an answer."""

    def __init__(self) -> None:
        self.told: list[tuple[str | None, Any]] = []
        super().__init__(("127.0.0.1", 0), Listener)

    @property
    def url(self) -> str:
        """What the event names."""
        return f"http://127.0.0.1:{self.server_port}/answer"


class Listener(BaseHTTPRequestHandler):
    """Takes one answer."""

    server: Stack

    def do_PUT(self) -> None:
        """Remember it."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.told.append((self.headers["Content-Type"], json.loads(body)))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_args: Any) -> None:
        """Be quiet."""


@pytest.fixture
def stack() -> Iterator[Stack]:
    """A stack that waits."""
    with Stack() as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def event(stack: Stack, kind: str) -> dict[str, Any]:
    """What CloudFormation sends."""
    return {
        "RequestType": kind,
        "ResponseURL": stack.url,
        "StackId": "stack",
        "RequestId": "request",
        "LogicalResourceId": "Targets",
    }


def test_the_shipped_targets_are_there_after_a_deployment(live: Ports, stack: Stack) -> None:
    for kind in ("Create", "Update"):
        lambda_handler(event(stack, kind), Context())

    names = [target.name for target in live.targets.all()]
    assert {"Email", "Expo", "Twilio"} <= set(names)
    assert len(names) == len(set(names))
    assert {"email", "expo", "twilio"} <= {module.name for module in live.modules.all()}
    assert [told["Status"] for _, told in stack.told] == ["SUCCESS", "SUCCESS"]
    assert {content_type for content_type, _ in stack.told} == {""}


def test_nothing_is_done_when_the_stack_goes(live: Ports, stack: Stack) -> None:
    before = live.modules.all()

    lambda_handler(event(stack, "Delete"), Context())

    assert live.modules.all() == before
    assert stack.told[0][1]["Status"] == "SUCCESS"


def test_a_failure_is_told_to_the_stack(
    live: Ports, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    del live
    monkeypatch.setattr("functions.targets.register.read_manifests", lambda _: 1 / 0)

    lambda_handler(event(stack, "Create"), Context())

    assert stack.told[0][1]["Status"] == "FAILED"
