"""The DynamoDB client of the hot path, against a server that answers as told."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
import urllib3
from botocore.credentials import Credentials

from notifications.adapters.dynamodb.transactions import Cancelled
from notifications.adapters.dynamodb.wire import ATTEMPTS, DynamoDBError, WireClient


class DynamoDB(ThreadingHTTPServer):
    """Gives its answers one after another, the last one for ever."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, Any]] = [(200, {"Responses": []})]
        self.seen: list[tuple[dict[str, str], Any]] = []
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    server: DynamoDB

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
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[DynamoDB]:
    """A server, and no wait between two tries."""
    monkeypatch.setattr("notifications.adapters.dynamodb.wire.time.sleep", lambda _: None)
    with DynamoDB() as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def client(url: str) -> WireClient:
    """Make a client with credentials of a session."""
    return WireClient(url, "eu-west-1", Credentials("AKIA", "secret", "token"))


def refusal(code: str) -> tuple[int, Any]:
    """What DynamoDB says when it refuses."""
    return 400, {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "no"}


def test_a_request_is_signed_and_says_what_it_is(server: DynamoDB) -> None:
    assert client(server.url).batch_execute_statement(Statements=[1]) == {"Responses": []}

    headers, body = server.seen[0]
    assert body == {"Statements": [1]}
    assert headers["X-Amz-Target"] == "DynamoDB_20120810.BatchExecuteStatement"
    assert "/eu-west-1/dynamodb/aws4_request" in headers["Authorization"]
    assert headers["X-Amz-Security-Token"] == "token"
    assert "secret" not in str(headers)


@pytest.mark.parametrize(
    "passing",
    [
        (500, {}),
        (503, "not even an object"),
        refusal("ThrottlingException"),
        refusal("ProvisionedThroughputExceededException"),
    ],
)
def test_what_passes_is_tried_again(server: DynamoDB, passing: tuple[int, Any]) -> None:
    server.answers.insert(0, passing)

    assert client(server.url).query(TableName="t") == {"Responses": []}
    assert len(server.seen) == 2


def test_what_does_not_pass_is_not(server: DynamoDB) -> None:
    server.answers = [refusal("AccessDeniedException")]

    with pytest.raises(DynamoDBError, match="AccessDeniedException"):
        client(server.url).batch_get_item(RequestItems={})
    assert len(server.seen) == 1


CANCELLED = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException"
REASONS = ["None", "ConditionalCheckFailed"]


@pytest.mark.parametrize(
    "said",
    [
        {"CancellationReasons": [{"Code": "None"}, {"Code": "ConditionalCheckFailed"}]},
        {"CancellationReasons": [{}, {"Code": "ConditionalCheckFailed", "Message": "no"}]},
        {"message": "Transaction cancelled, ... reasons [None, ConditionalCheckFailed]"},
        {"Message": "Transaction cancelled, ... reasons [None, ConditionalCheckFailed]"},
    ],
)
def test_a_cancelled_transaction_says_why_of_each_of_its_writes_and_is_not_repeated(
    server: DynamoDB, said: dict[str, Any]
) -> None:
    server.answers = [(400, {"__type": CANCELLED, **said})]

    with pytest.raises(Cancelled) as cancelled:
        client(server.url).transact_write_items(TransactItems=[])

    assert cancelled.value.reasons == REASONS
    assert len(server.seen) == 1
    assert server.seen[0][0]["X-Amz-Target"] == "DynamoDB_20120810.TransactWriteItems"


def test_a_cancelled_transaction_without_a_reason_has_none(server: DynamoDB) -> None:
    server.answers = [(400, {"__type": CANCELLED, "message": "cancelled"})]

    with pytest.raises(Cancelled) as cancelled:
        client(server.url).transact_write_items(TransactItems=[])

    assert cancelled.value.reasons == []


def test_it_gives_up_in_the_end(server: DynamoDB) -> None:
    server.answers = [(500, {})]

    with pytest.raises(DynamoDBError, match="InternalServerError"):
        client(server.url).query(TableName="t")
    assert len(server.seen) == ATTEMPTS


def test_nobody_there(server: DynamoDB) -> None:
    del server  # it only takes the waits away

    with pytest.raises(urllib3.exceptions.HTTPError):
        client("http://127.0.0.1:9").query(TableName="t")
