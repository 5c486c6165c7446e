"""The simulator's Expo, through the SDK and real sockets."""

import contextlib
import gzip
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from exponent_server_sdk import (
    DeviceNotRegisteredError,
    InvalidCredentialsError,
    PushClient,
    PushMessage,
    PushServerError,
    PushTicket,
)

from infra.simulator.settings import EXPO_ACCESS_TOKEN
from tests.simulator import SHORT, Running


@contextlib.contextmanager
def expo(simulator: Running, token: str = EXPO_ACCESS_TOKEN, timeout: float = 5) -> Iterator[Any]:
    with requests.Session() as session:
        session.headers.update(
            {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        )
        yield PushClient(host=simulator.url, session=session, timeout=timeout)


@pytest.fixture
def push(simulator: Running) -> Iterator[Any]:
    with expo(simulator) as client:
        yield client


def token(word: str) -> str:
    return f"ExponentPushToken[{word}]"


def to_device(client: Any, word: str, **fields: Any) -> Any:
    return client.publish(PushMessage(to=token(word), title="Hello", **fields))


def test_push_is_accepted_and_has_a_receipt(simulator: Running, push: Any) -> None:
    """The ticket's id is the message id in the inbox and has an ok receipt at once."""
    ticket = to_device(push, "device-1", body="There", data={"a": 1}, sound="default")
    assert ticket.is_success()
    unknown = ticket._replace(id="unknown")
    [receipt] = push.check_receipts_multiple([ticket, unknown])
    assert (receipt.id, receipt.status) == (ticket.id, "ok")
    [item] = simulator.inbox(token("device-1"))
    assert (item["title"], item["body"]) == ("Hello", "There")
    assert item["provider_message_id"] == ticket.id
    assert item["extra"] | {"data": {"a": 1}, "sound": "default"} == item["extra"]


def test_push_tickets_come_in_order(simulator: Running, push: Any) -> None:
    """An outcome of one ticket leaves the others alone."""
    words = ["a-1", "error-DeviceNotRegistered-1", "a-2", "error-MessageRateExceeded-1"]
    tickets = push.publish_multiple([PushMessage(to=token(w), body="x") for w in words])
    assert [t.status for t in tickets] == ["ok", "error", "ok", "error"]
    with pytest.raises(DeviceNotRegisteredError):
        tickets[1].validate_response()
    assert tickets[1].details["expoPushToken"] == token(words[1])
    assert tickets[3].details["error"] == "MessageRateExceeded"
    assert [len(simulator.inbox(token(w))) for w in words] == [1, 0, 1, 0]
    assert simulator.outcomes(token(words[1])) == [("error", 200)]


def test_push_receipt_reports_a_failure(simulator: Running, push: Any) -> None:
    """The ticket is ok; the error comes with the receipt."""
    ticket = to_device(push, "receipt-InvalidCredentials-1")
    assert ticket.is_success()
    [receipt] = push.check_receipts_multiple([ticket])
    with pytest.raises(InvalidCredentialsError):
        receipt.validate_response()
    assert len(simulator.inbox(token("receipt-InvalidCredentials-1"))) == 1


def test_push_limits(simulator: Running, push: Any) -> None:
    """101 messages, 1001 receipts and 4097 bytes are each too many."""
    messages = json.dumps([{"to": token("many")}] * 101)
    assert _error(simulator.push(messages)) == (400, "PUSH_TOO_MANY_NOTIFICATIONS")
    ids = {"ids": ["x"] * 1001}
    answer = requests.post(f"{simulator.url}/--/api/v2/push/getReceipts", json=ids, timeout=5)
    assert _error(answer) == (400, "PUSH_TOO_MANY_RECEIPTS")
    assert _error(simulator.push("not JSON")) == (400, "VALIDATION_ERROR")
    assert to_device(push, "big", body="x" * 4097).details["error"] == "MessageTooBig"


def _error(answer: requests.Response) -> tuple[int, str]:
    [error] = answer.json()["errors"]
    return answer.status_code, error["code"]


def test_push_takes_what_the_sdk_does_not_send(simulator: Running) -> None:
    """One object, a list of tokens, ExpoPushToken, a gzipped body, and no access token."""
    tokens = ["ExpoPushToken[gzip-1]", "not a token"]
    body = gzip.compress(json.dumps({"to": tokens, "body": "x"}).encode())
    tickets = simulator.push(body, **{"Content-Encoding": "gzip"}).json()["data"]
    assert [t["status"] for t in tickets] == ["ok", "error"]
    assert tickets[1]["details"]["error"] == "DeviceNotRegistered"


def test_push_with_wrong_access_token(simulator: Running) -> None:
    """A token that is sent has to be right, for receipts too."""
    ticket = PushTicket(push_message=None, status="ok", message="", details=None, id="x")
    with expo(simulator, token="wrong") as client:
        with pytest.raises(PushServerError) as caught:
            to_device(client, "device-2")
        with pytest.raises(PushServerError):
            client.check_receipts_multiple([ticket])
    assert _error(caught.value.response) == (401, "UNAUTHORIZED")


@pytest.mark.parametrize(
    ("word", "status", "code"),
    [
        ("throttle-1-a", 429, "TOO_MANY_REQUESTS"),
        ("error-PUSH_TOO_MANY_EXPERIENCE_IDS", 400, "PUSH_TOO_MANY_EXPERIENCE_IDS"),
    ],
)
def test_push_request_is_refused(
    simulator: Running, push: Any, word: str, status: int, code: str
) -> None:
    """One such token refuses the whole request, its neighbour included."""
    messages = [PushMessage(to=token(w), body="x") for w in (f"neighbour-{word}", word)]
    with pytest.raises(PushServerError) as caught:
        push.publish_multiple(messages)
    assert _error(caught.value.response) == (status, code)
    assert ("Retry-After" in caught.value.response.headers) == (status == 429)
    assert simulator.inbox(token(f"neighbour-{word}")) == []


def test_push_fails_twice_then_succeeds(simulator: Running, push: Any) -> None:
    """The third request goes through."""
    tickets = [to_device(push, "fail-2-b") for _ in range(3)]
    errors = [(ticket.details or {}).get("error") for ticket in tickets]
    assert errors == ["ExpoError", "ExpoError", None]
    assert simulator.outcomes(token("fail-2-b")) == [("error", 200), ("error", 200), ("ok", 200)]


def test_push_gets_a_page_from_a_proxy(push: Any) -> None:
    """An HTML 503 is a requests error, an HTML 200 an error of the SDK."""
    with pytest.raises(requests.HTTPError, match="503"):
        to_device(push, "http-503-a")
    with pytest.raises(PushServerError, match="Invalid server response"):
        to_device(push, "http-200-a")


def test_push_is_slow(push: Any) -> None:
    """The answer takes as many milliseconds as the token says."""
    started = time.monotonic()
    assert to_device(push, "slow-200-a").is_success()
    assert time.monotonic() - started >= 0.2


def test_push_hangs_after_it_was_accepted(simulator: Running) -> None:
    """The client times out although the message is in the inbox."""
    with expo(simulator, timeout=SHORT) as client, pytest.raises(requests.ReadTimeout):
        to_device(client, "hang-20-a")
    assert len(simulator.inbox(token("hang-20-a"))) == 1


@pytest.mark.parametrize(("word", "accepted"), [("cut-a", 1), ("drop-a", 0)])
def test_push_connection_is_cut(simulator: Running, push: Any, word: str, accepted: int) -> None:
    """The client sees the same either way; only the inbox knows."""
    with pytest.raises(requests.ConnectionError):
        to_device(push, word)
    assert len(simulator.inbox(token(word))) == accepted
