"""The DynamoDB client of the hot path, against a server that answers as told."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from zlib import crc32

import pytest
import urllib3
from botocore.credentials import Credentials, ReadOnlyCredentials

from notification_core.adapters.aws_json import ATTEMPTS, AwsError
from notification_core.adapters.dynamodb.errors import DynamoDBError
from notification_core.adapters.dynamodb.fast.json_client import DynamoDBJsonClient


class DynamoDB(ThreadingHTTPServer):
    """Gives its answers one after another, the last one for ever."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, Any]] = [(200, {"Responses": []})]
        self.seen: list[tuple[dict[str, str], Any]] = []
        self.headers: dict[str, str] = {}
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
        content = said if isinstance(said, bytes) else json.dumps(said).encode()
        self.send_response(status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_args: Any) -> None:
        """Be quiet."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[DynamoDB]:
    """A server, and no wait between two tries."""
    monkeypatch.setattr("notification_core.adapters.aws_json.time.sleep", lambda _: None)
    with DynamoDB() as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def client(url: str) -> DynamoDBJsonClient:
    """Make a client with credentials of a session."""
    return DynamoDBJsonClient(url, "eu-west-1", Credentials("AKIA", "secret", "token"))


def refusal(code: str) -> tuple[int, Any]:
    """What DynamoDB says when it refuses."""
    return 400, {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "no"}


def test_a_request_is_signed_and_names_its_operation(server: DynamoDB) -> None:
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
def test_a_transient_error_of_dynamodb_is_tried_again(
    server: DynamoDB, passing: tuple[int, Any]
) -> None:
    server.answers.insert(0, passing)

    assert client(server.url).query(TableName="t") == {"Responses": []}
    assert len(server.seen) == 2


def test_a_permanent_error_is_not_tried_again(server: DynamoDB) -> None:
    server.answers = [refusal("AccessDeniedException")]

    with pytest.raises(AwsError, match="AccessDeniedException"):
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
def test_a_cancelled_transaction_gives_the_reason_of_each_write_and_is_not_repeated(
    server: DynamoDB, said: dict[str, Any]
) -> None:
    server.answers = [(400, {"__type": CANCELLED, **said})]

    with pytest.raises(DynamoDBError) as cancelled:
        client(server.url).transact_write_items(TransactItems=[])

    assert list(cancelled.value.reasons) == REASONS
    assert len(server.seen) == 1
    assert server.seen[0][0]["X-Amz-Target"] == "DynamoDB_20120810.TransactWriteItems"


def test_a_cancelled_transaction_without_reasons_has_an_empty_list(server: DynamoDB) -> None:
    server.answers = [(400, {"__type": CANCELLED, "message": "cancelled"})]

    with pytest.raises(DynamoDBError) as cancelled:
        client(server.url).transact_write_items(TransactItems=[])

    assert cancelled.value.reasons == ()


def test_it_gives_up_in_the_end(server: DynamoDB) -> None:
    server.answers = [(500, {})]

    with pytest.raises(AwsError, match="InternalServerError"):
        client(server.url).query(TableName="t")
    assert len(server.seen) == ATTEMPTS


def test_an_unreachable_server_raises(server: DynamoDB) -> None:
    del server  # it only takes the waits away

    with pytest.raises(urllib3.exceptions.HTTPError):
        client("http://127.0.0.1:9").query(TableName="t")


class Changing(Credentials):  # type: ignore[misc]
    """Credentials that are replaced while they are being read, as those of a role are."""

    def __init__(self) -> None:
        self.turn = 0
        super().__init__("AKIA0", "secret0", "token0")

    def __getattribute__(self, name: str) -> Any:
        value = object.__getattribute__(self, name)
        if name in {"access_key", "token"}:
            self.turn += 1
            return f"{value}-{self.turn}"
        return value

    def get_frozen_credentials(self) -> Any:
        """Return them as they are at one moment."""
        return ReadOnlyCredentials("AKIA1", "secret1", "token1")


def test_a_request_is_signed_with_credentials_of_one_moment(server: DynamoDB) -> None:
    DynamoDBJsonClient(server.url, "eu-west-1", Changing()).query(TableName="t")

    headers, _ = server.seen[0]
    assert "Credential=AKIA1/" in headers["Authorization"]
    assert headers["X-Amz-Security-Token"] == "token1"


def test_an_error_that_is_not_json_is_an_error_with_its_status(server: DynamoDB) -> None:
    server.answers = [(403, b"<html>a proxy</html>")]

    with pytest.raises(AwsError, match="403"):
        client(server.url).query(TableName="t")
    assert len(server.seen) == 1


def test_an_error_shows_the_id_that_aws_support_asks_for(server: DynamoDB) -> None:
    server.answers = [refusal("AccessDeniedException")]
    server.headers = {"x-amzn-RequestId": "4K2ABC"}

    with pytest.raises(AwsError, match=r"AccessDeniedException.*4K2ABC") as refused:
        client(server.url).query(TableName="t")
    assert refused.value.code == "AccessDeniedException"


@pytest.mark.parametrize("garbled", [b'{"Responses": [', b"[]"])
def test_an_answer_that_arrives_garbled_is_asked_for_again(
    server: DynamoDB, garbled: bytes
) -> None:
    server.answers.insert(0, (200, garbled))

    assert client(server.url).query(TableName="t") == {"Responses": []}
    assert len(server.seen) == 2


def test_an_answer_with_another_checksum_is_asked_for_again(server: DynamoDB) -> None:
    right = str(crc32(json.dumps({"Responses": []}).encode()))
    server.headers = {"x-amz-crc32": right}
    server.answers.insert(0, (200, {"Responses": ["changed on its way"]}))

    assert client(server.url).query(TableName="t") == {"Responses": []}
    assert len(server.seen) == 2


def test_an_invalid_text_is_refused_before_anything_is_sent(server: DynamoDB) -> None:
    with pytest.raises(UnicodeEncodeError):
        client(server.url).query(TableName="half \ud83d of an emoji")
    assert server.seen == []
