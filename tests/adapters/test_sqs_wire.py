"""Sending wake-ups without botocore, against a server that answers as told."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from botocore.credentials import Credentials

from notification_core.adapters.aws_json import AwsError
from notification_core.adapters.sqs_wire import LowLevelSqsClient


class Sqs(ThreadingHTTPServer):
    """Gives its answers one after another, the last one for ever."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, Any]] = [(200, {"Successful": []})]
        self.seen: list[tuple[dict[str, str], Any]] = []
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    server: Sqs

    def do_POST(self) -> None:
        """Answer as told."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((dict(self.headers), json.loads(body)))
        answers = self.server.answers
        status, said = answers.pop(0) if len(answers) > 1 else answers[0]
        content = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_args: Any) -> None:
        """Be quiet."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sqs]:
    """A server, and no wait between two tries."""
    monkeypatch.setattr("notification_core.adapters.aws_json.time.sleep", lambda _: None)
    with Sqs() as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def client(server: Sqs) -> LowLevelSqsClient:
    """A client of that server."""
    url = f"http://127.0.0.1:{server.server_port}"
    return LowLevelSqsClient(url, "eu-west-1", Credentials("AKIA", "secret"))


def test_a_request_is_signed_for_sqs(server: Sqs, client: LowLevelSqsClient) -> None:
    assert client.send_message_batch(QueueUrl="u", Entries=[]) == {"Successful": []}

    [(headers, body)] = server.seen
    assert body == {"QueueUrl": "u", "Entries": []}
    assert headers["X-Amz-Target"] == "AmazonSQS.SendMessageBatch"
    assert "/eu-west-1/sqs/aws4_request" in headers["Authorization"]
    assert "SignedHeaders=content-type;host;x-amz-date;x-amz-target" in headers["Authorization"]
    assert headers["Host"] == f"127.0.0.1:{server.server_port}"


@pytest.mark.parametrize(
    "passing",
    [
        (503, {}),
        (400, {"__type": "com.amazonaws.sqs#RequestThrottled", "message": "slow down"}),
        (400, {"__type": "com.amazon.coral.availability#ThrottlingException"}),
    ],
)
def test_a_transient_error_of_sqs_is_tried_again(
    server: Sqs, client: LowLevelSqsClient, passing: tuple[int, Any]
) -> None:
    server.answers.insert(0, passing)

    assert client.send_message_batch(QueueUrl="u", Entries=[]) == {"Successful": []}
    assert len(server.seen) == 2


def test_a_queue_that_does_not_exist_is_not_asked_again(
    server: Sqs, client: LowLevelSqsClient
) -> None:
    server.answers = [(400, {"__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "no"})]

    with pytest.raises(AwsError, match="QueueDoesNotExist"):
        client.send_message_batch(QueueUrl="u", Entries=[])
    assert len(server.seen) == 1
