"""The function that seeds a deployment."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from functions.targets.register import lambda_handler
from notification_core.domain.modules import Confirmation, Pause, PausedBy
from notification_core.ports import Ports
from tests.builders import NOON
from tests.functions.ends import table_of
from tests.functions.lambda_calls import Context


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


def test_a_deployment_stores_the_descriptions_of_its_targets(live: Ports, stack: Stack) -> None:
    lambda_handler(event(stack, "Create"), Context())

    modules = {name: live.modules.get(name) for name in ("email", "expo", "twilio")}
    for name, module in modules.items():
        assert module is not None
        assert module.errors == table_of(name)
        assert module.max_strikes == 5
        assert module.is_mandatory("security")
        assert not module.is_mandatory("news")
    assert {name: module and module.confirmation for name, module in modules.items()} == {
        "email": Confirmation(poll_after=None, give_up_after=3 * 24 * 3600),
        "expo": Confirmation(poll_after=15 * 60, give_up_after=24 * 3600),
        "twilio": Confirmation(poll_after=3600, give_up_after=3 * 24 * 3600),
    }


def test_a_target_that_is_paused_stays_so_over_a_deployment(live: Ports, stack: Stack) -> None:
    lambda_handler(event(stack, "Create"), Context())
    pause = Pause(by=PausedBy.PERSON, reason="a test", since=NOON)
    live.modules.pause("expo", pause)

    lambda_handler(event(stack, "Update"), Context())
    module = live.modules.get("expo")
    live.modules.resume("expo")

    assert module is not None
    assert module.pause == pause


def test_nothing_is_done_when_the_stack_is_deleted(live: Ports, stack: Stack) -> None:
    before = live.modules.all()

    lambda_handler(event(stack, "Delete"), Context())

    assert live.modules.all() == before
    assert stack.told[0][1]["Status"] == "SUCCESS"


def test_a_failure_is_reported_to_the_stack(
    live: Ports, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    del live
    monkeypatch.setattr("functions.targets.register.read_manifests", lambda _: 1 / 0)

    lambda_handler(event(stack, "Create"), Context())

    assert stack.told[0][1]["Status"] == "FAILED"


@pytest.mark.parametrize(
    ("error", "named"),
    [
        (ValueError("configuration.json: no setting is called 'max_strike'"), True),
        (KeyError("something internal"), False),
    ],
)
def test_a_mistake_in_a_file_is_named_and_nothing_else(
    live: Ports, stack: Stack, monkeypatch: pytest.MonkeyPatch, error: Exception, *, named: bool
) -> None:
    del live

    def read(_folder: object) -> None:
        raise error

    monkeypatch.setattr("functions.targets.register.read_manifests", read)

    lambda_handler(event(stack, "Create"), Context())

    [(_, told)] = stack.told
    assert (str(error) in told["Reason"]) is named
    assert "see the log stream" in told["Reason"]
