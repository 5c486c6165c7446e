"""Statements in one request, to a DynamoDB that refuses a request for one of its parameters."""

import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from botocore.credentials import Credentials

from notification_core.adapters.dynamodb.fast.batch_get import read_items
from notification_core.adapters.dynamodb.fast.low_level_client import LowLevelClient
from notification_core.adapters.dynamodb.fast.notifications import DynamoNotifications
from notification_core.adapters.dynamodb.fast.statements import execute
from notification_core.domain.errors import Unavailable
from notification_core.domain.notification import Notification
from notification_core.ports import Change
from tests.builders import NOON, SHARDS, a_claimed

Answer = tuple[int, dict[str, Any]]


class DynamoDB(ThreadingHTTPServer):
    """Refuses as the real one does what it cannot read: the whole request, with a 400."""

    def __init__(self) -> None:
        self.seen: list[dict[str, Any]] = []
        self.answers: Callable[[dict[str, Any]], Answer] = carried_out
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    server: DynamoDB

    def do_POST(self) -> None:
        """Answer."""
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.seen.append(request)
        status, said = self.server.answers(request)
        content = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_args: Any) -> None:
        """Be quiet."""


def carried_out(request: dict[str, Any]) -> Answer:
    """Carry out every statement, unless one of them cannot be read."""
    for statement in request["Statements"]:
        if not all(isinstance(each.get("S", ""), str) for each in statement["Parameters"]):
            return 400, {"__type": "com.amazon.coral.service#SerializationException"}
    return 200, {"Responses": [{"TableName": "t"} for _ in request["Statements"]]}


@pytest.fixture
def server() -> Iterator[DynamoDB]:
    """Run one."""
    with DynamoDB() as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def client(server: DynamoDB) -> LowLevelClient:
    """A client of it."""
    url = f"http://127.0.0.1:{server.server_port}"
    return LowLevelClient(url, "eu-west-1", Credentials("AKIA", "secret"))


def delivered(count: int) -> list[tuple[Notification, Notification]]:
    """Sends, and how the provider took them."""
    sending = [a_claimed() for _ in range(count)]
    return [(each, each.delivered(NOON, "SM1")) for each in sending]


@pytest.mark.parametrize("message_id", [4711, "half \ud83d of an emoji"])
def test_one_outcome_that_cannot_be_read_costs_the_other_24_of_its_request_nothing(
    server: DynamoDB, client: LowLevelClient, message_id: Any
) -> None:
    changes = [Change(before, after) for before, after in delivered(25)]
    bad = changes[7].before
    changes[7] = Change(bad, bad.delivered(NOON, message_id))

    results = DynamoNotifications(client, SHARDS, timedelta(days=90)).advance(changes)

    assert [place for place, each in enumerate(results) if each is not True] == [7]
    assert isinstance(results[7], Exception)
    assert len(server.seen) <= 1 + 25


def statements(count: int) -> list[dict[str, Any]]:
    """Statements of one parameter each."""
    return [{"Statement": "DELETE", "Parameters": [{"S": str(n)}]} for n in range(count)]


@pytest.mark.parametrize("code", ["ThrottlingException", "InternalServerError"])
def test_a_request_that_fails_in_passing_is_not_sent_in_pieces(
    server: DynamoDB, client: LowLevelClient, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    """DynamoDB has too much to do already."""
    monkeypatch.setattr(time, "sleep", lambda _: None)
    server.answers = lambda _: (400, {"__type": f"x#{code}"})

    responses = execute(client, statements(25))

    assert all(code in each["Error"]["Code"] for each in responses)
    assert {len(each["Statements"]) for each in server.seen} == {25}


def test_two_statements_of_one_item_are_carried_out_one_by_one_where_the_batch_is_refused(
    server: DynamoDB, client: LowLevelClient
) -> None:
    """As BatchWriteItem refuses them; what AWS does with these, no page says."""

    def no_duplicates(request: dict[str, Any]) -> Answer:
        keys = [json.dumps(each["Parameters"]) for each in request["Statements"]]
        duplicate = len(keys) != len({*keys})
        return (400, {"__type": "x#ValidationException"}) if duplicate else carried_out(request)

    server.answers = no_duplicates

    assert execute(client, statements(3) + statements(1)) == [{"TableName": "t"}] * 4


def unprocessed(keys: Sequence[Any]) -> dict[str, Any]:
    """What BatchGetItem adds for keys that it had no capacity for."""
    return {"UnprocessedKeys": {"t": {"Keys": list(keys), "ConsistentRead": True}}}


def test_unread_items_are_read_again_after_growing_waits_and_not_for_ever(
    server: DynamoDB, client: LowLevelClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    monkeypatch.setattr(random, "uniform", lambda _, longest: longest)

    def nothing(request: dict[str, Any]) -> Answer:
        assert len(server.seen) < 100, "it goes on for ever"
        keys = request["RequestItems"]["t"]["Keys"]
        return 200, {"Responses": {}, **unprocessed(keys)}

    server.answers = nothing

    with pytest.raises(Unavailable):
        read_items(client, "t", "id", ["1", "2"])

    assert waits == sorted(waits)
    assert waits[0] < waits[-1]
    assert sum(waits) < 5


def test_an_answer_that_is_full_is_followed_by_the_next_one(
    server: DynamoDB, client: LowLevelClient
) -> None:
    """At 16 MB: each round brings one more, and as many rounds are made as it takes."""

    def one(request: dict[str, Any]) -> Answer:
        first, *rest = request["RequestItems"]["t"]["Keys"]
        return 200, {"Responses": {"t": [first]}, **(unprocessed(rest) if rest else {})}

    server.answers = one
    wanted = [str(n) for n in range(20)]

    found = read_items(client, "t", "id", wanted)

    assert sorted(each["id"]["S"] for each in found) == sorted(wanted)
