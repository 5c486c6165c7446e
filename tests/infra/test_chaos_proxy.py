"""The fault proxy of `make chaos`: what it injects, and that it injects nothing else."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from threading import Thread
from typing import Any

import pytest
import requests

from tests.chaos.faults import Fault, Faults
from tests.chaos.proxy import FaultProxy

STATEMENTS = [{"Statement": "UPDATE", "Parameters": [{"S": str(n)}]} for n in range(3)]
ENTRIES = [{"Id": str(n), "MessageBody": f"body {n}"} for n in range(3)]


class Upstream(ThreadingHTTPServer):
    """Answers as DynamoDB and SQS do to batches; remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.seen: list[tuple[dict[str, str], bytes]] = []
        self.chunked = False

    @property
    def said(self) -> list[Any]:
        return [json.loads(body) for _, body in self.seen]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Upstream

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((dict(self.headers.items()), body))
        said = json.loads(body) if body.startswith(b"{") else {}
        answer = json.dumps(
            {
                "Responses": [
                    {"Item": statement["Parameters"][0]} for statement in said["Statements"]
                ]
                if "Statements" in said
                else [],
                "Successful": [{"Id": each["Id"]} for each in said.get("Entries", ())],
            }
        ).encode()
        self.send_response(200)
        if self.server.chunked:
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(answer), answer))
        else:
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    server = Upstream()
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@contextmanager
def proxy_to(upstream: Upstream, **rates: float) -> Iterator[FaultProxy]:
    faults = Faults(Random(1))
    faults.rates = {Fault[name.upper()]: rate for name, rate in rates.items()}
    with FaultProxy(lambda: upstream.server_address[1], faults) as proxy:
        yield proxy


def post(proxy: FaultProxy, operation: str, said: Any) -> requests.Response:
    target = "AmazonSQS" if operation.startswith("SendMessage") else "DynamoDB_20120810"
    headers = {
        "X-Amz-Target": f"{target}.{operation}",
        "Content-Type": "application/x-amz-json-1.0",
        "Connection": "close",
    }
    with requests.Session() as session:
        session.trust_env = False
        return session.post(proxy.url, data=json.dumps(said), headers=headers, timeout=5)


@pytest.mark.parametrize("chunked", [False, True])
def test_without_faults_a_request_and_its_answer_pass_as_they_are(
    upstream: Upstream, *, chunked: bool
) -> None:
    upstream.chunked = chunked
    with proxy_to(upstream) as proxy:
        answer = post(proxy, "BatchExecuteStatement", {"Statements": STATEMENTS})

        [(headers, body)] = upstream.seen
        assert headers["Host"] == f"127.0.0.1:{proxy.port}"
        assert json.loads(body) == {"Statements": STATEMENTS}
        assert [response["Item"]["S"] for response in answer.json()["Responses"]] == ["0", "1", "2"]
        assert proxy.faults.counts == {}


def test_a_body_that_waits_for_a_word_is_asked_for(upstream: Upstream) -> None:
    with proxy_to(upstream) as proxy, socket.create_connection(("127.0.0.1", proxy.port)) as line:
        line.settimeout(5)
        head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
        line.sendall(head + b"Expect: 100-continue\r\n\r\n")
        assert line.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        line.sendall(b"abc")
        assert line.recv(100).startswith(b"HTTP/1.1 200")

    [(headers, body)] = upstream.seen
    assert (body, "Expect" in headers) == (b"abc", False)


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        ("Query", "ProvisionedThroughputExceededException"),
        ("SendMessage", "RequestThrottled"),
    ],
)
def test_what_is_throttled_does_not_arrive(upstream: Upstream, operation: str, code: str) -> None:
    with proxy_to(upstream, throttled=1) as proxy:
        answer = post(proxy, operation, {})

    assert (answer.status_code, answer.json()["__type"].rpartition("#")[2]) == (400, code)
    assert upstream.seen == []
    assert proxy.faults.counts == {Fault.THROTTLED: 1}


def test_a_failure_is_a_5xx(upstream: Upstream) -> None:
    with proxy_to(upstream, failed=1) as proxy:
        assert {post(proxy, "Query", {}).status_code for _ in range(20)} == {500, 503}

    assert upstream.seen == []


@pytest.mark.parametrize(("fault", "arrives"), [("cut_before", 0), ("cut_after", 1)])
def test_a_connection_is_cut_before_or_after_the_request_arrives(
    upstream: Upstream, fault: str, arrives: int
) -> None:
    with proxy_to(upstream, **{fault: 1}) as proxy, pytest.raises(requests.ConnectionError):
        post(proxy, "Query", {})

    assert len(upstream.seen) == arrives


def test_what_is_neither_of_dynamodb_nor_of_sqs_is_left_alone(upstream: Upstream) -> None:
    with proxy_to(upstream, throttled=1) as proxy, requests.Session() as session:
        session.trust_env = False
        answer = session.post(proxy.url, data="{}", headers={"Connection": "close"}, timeout=5)

    assert answer.status_code == 200


def test_a_refused_statement_is_not_carried_out_and_the_others_are(upstream: Upstream) -> None:
    with proxy_to(upstream, statement_refused=0.5) as proxy:
        answer = post(proxy, "BatchExecuteStatement", {"Statements": STATEMENTS * 8}).json()

    refused = proxy.faults.counts[Fault.STATEMENT_REFUSED]
    assert 0 < refused < 24
    [said] = upstream.said
    assert len(said["Statements"]) == 24 - refused
    assert sum("Error" in response for response in answer["Responses"]) == refused
    for asked, each in zip(STATEMENTS * 8, answer["Responses"], strict=True):
        assert "Error" in each or each["Item"] == asked["Parameters"][0]


def test_a_statement_of_which_all_are_refused_asks_nobody(upstream: Upstream) -> None:
    with proxy_to(upstream, statement_refused=1) as proxy:
        answer = post(proxy, "BatchExecuteStatement", {"Statements": STATEMENTS}).json()

    assert [list(response) for response in answer["Responses"]] == [["Error"]] * 3
    assert upstream.seen == []


def test_a_statement_whose_answer_is_lost_is_carried_out(upstream: Upstream) -> None:
    with proxy_to(upstream, statement_unreported=1) as proxy:
        answer = post(proxy, "BatchExecuteStatement", {"Statements": STATEMENTS}).json()

    assert [list(response) for response in answer["Responses"]] == [["Error"]] * 3
    assert upstream.said == [{"Statements": STATEMENTS}]


def test_a_dropped_message_is_said_to_have_been_taken(upstream: Upstream) -> None:
    with proxy_to(upstream, message_dropped=1) as proxy:
        answer = post(proxy, "SendMessageBatch", {"QueueUrl": "q", "Entries": ENTRIES}).json()

    assert [each["Id"] for each in answer["Successful"]] == ["0", "1", "2"]
    assert answer["Failed"] == []
    assert upstream.seen == []


def test_a_doubled_message_is_sent_twice_and_told_of_once(upstream: Upstream) -> None:
    with proxy_to(upstream, message_doubled=1) as proxy:
        answer = post(proxy, "SendMessageBatch", {"QueueUrl": "q", "Entries": ENTRIES}).json()

    assert [each["Id"] for each in answer["Successful"]] == ["0", "1", "2"]
    [said] = upstream.said
    assert sorted(entry["MessageBody"] for entry in said["Entries"]) == sorted(
        entry["MessageBody"] for entry in ENTRIES * 2
    )


def test_a_refused_message_is_told_as_failed(upstream: Upstream) -> None:
    with proxy_to(upstream, message_refused=1) as proxy:
        answer = post(proxy, "SendMessageBatch", {"QueueUrl": "q", "Entries": ENTRIES}).json()

    assert [each["Id"] for each in answer["Failed"]] == ["0", "1", "2"]
    assert upstream.seen == []


def test_an_emulator_that_is_down_cuts_the_connection_and_no_more() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with FaultProxy(lambda: port, Faults(Random(1))) as proxy:
        for _ in range(2):
            with pytest.raises(requests.ConnectionError):
                post(proxy, "Query", {})
