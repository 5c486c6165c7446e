"""A request is repeated where that is safe, and only there."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notification_system import ConnectionFailed, Retries, ServerError, TooManyRequests
from notification_system.retries import LONGEST_WAIT, may_repeat
from tests.client.api_server import ApiServer, Reply

EMPTY = Reply(200, {"items": [], "next": None})
CREATED = Reply(201, {"items": [], "next": None})
PROBLEM = {"type": "urn:notifications:problem:unavailable", "detail": "try again"}


@pytest.mark.parametrize(
    "fault",
    [
        Reply(429, {"message": "Too Many Requests"}),
        Reply(500, {"message": "Internal server error"}),
        Reply(502, {"message": "Internal server error"}),
        Reply(503, PROBLEM),
        Reply(504, {"message": "Endpoint request timed out"}),
        Reply(cut=True),
    ],
    ids=["429", "500", "502", "503", "504", "cut"],
)
def test_a_request_to_create_is_repeated_with_the_same_key(
    api: ApiServer, call: Callable[..., Any], fault: Reply
) -> None:
    api.replies = [fault, fault, CREATED]

    assert call("send", user="ann", title="Hi", body="Hello") == []

    keys = [request.headers["idempotency-key"] for request in api.requests]
    assert len(keys) == 3
    assert len(set(keys)) == 1


def test_each_call_has_a_key_of_its_own(api: ApiServer, call: Callable[..., Any]) -> None:
    api.replies = [CREATED, CREATED]

    call("send", user="ann", title="Hi", body="Hello")
    call("send", user="ann", title="Hi", body="Hello")

    first, second = (request.headers["idempotency-key"] for request in api.requests)
    assert first != second


def test_a_callers_own_key_is_sent(api: ApiServer, call: Callable[..., Any]) -> None:
    api.replies = [CREATED]

    call("send", user="ann", title="Hi", body="Hello", idempotency_key="order-7")

    assert api.requests[0].headers["idempotency-key"] == "order-7"
    assert "idempotency_key" not in api.requests[0].body


def test_a_redrive_is_repeated_only_if_it_was_not_processed(
    api: ApiServer, call: Callable[..., Any]
) -> None:
    api.replies = [Reply(429, {"message": "Too Many Requests"}), Reply(503, PROBLEM)]

    with pytest.raises(ServerError):
        call("redrive_notifications", ids=["n-1"])

    assert len(api.requests) == 2


def test_a_redrive_whose_response_was_lost_names_the_doubt(
    api: ApiServer, call: Callable[..., Any]
) -> None:
    api.replies = [Reply(cut=True)]

    with pytest.raises(ConnectionFailed) as raised:
        call("redrive_notifications", ids=["n-1"])

    assert raised.value.possibly_processed


def test_the_last_error_is_raised_when_the_attempts_are_used_up(
    api: ApiServer, call: Callable[..., Any]
) -> None:
    api.replies = [Reply(429, {"message": "Too Many Requests"})] * 4

    with pytest.raises(TooManyRequests):
        call("list_targets")

    assert len(api.requests) == 4


def test_a_server_that_does_not_listen_is_named(call: Callable[..., Any]) -> None:
    call.url = "http://127.0.0.1:9/v1"  # type: ignore[attr-defined]

    with pytest.raises(ConnectionFailed, match="GET /targets") as raised:
        call("list_targets")

    assert not raised.value.possibly_processed


def test_each_attempt_has_a_signature_of_its_own(api: ApiServer, call: Callable[..., Any]) -> None:
    api.replies = [Reply(503, PROBLEM), EMPTY]

    call("list_targets")

    for request in api.requests:
        assert request.headers["authorization"].startswith("AWS4-HMAC-SHA256 ")
        assert request.headers["x-amz-security-token"] == "token/of+a=session"


def test_the_wait_is_as_long_as_the_server_asks(api: ApiServer, call: Callable[..., Any]) -> None:
    api.replies = [Reply(503, PROBLEM, {"Retry-After": "60"})]

    with pytest.raises(ServerError):
        call("list_targets")  # the wait would exceed the bound of five seconds

    assert len(api.requests) == 1


@given(
    attempt=st.integers(1, 20),
    elapsed=st.floats(0, 200),
    jitter=st.floats(0, 1),
    retry_after=st.sampled_from([None, "0", "3", "1000", "Sun, 29 Nov 2026 10:00:00 GMT"]),
)
def test_every_wait_is_within_the_bounds(
    attempt: int, elapsed: float, jitter: float, retry_after: str | None
) -> None:
    wait = Retries(jitter=lambda: jitter).wait(attempt, elapsed, retry_after)

    if wait is not None:
        assert attempt < 6
        assert elapsed + wait <= 90
        assert wait >= (3 if retry_after == "3" else 0)
        assert wait <= max(LONGEST_WAIT, 1000 if retry_after == "1000" else 3)


@given(status=st.integers(200, 599))
def test_a_request_that_must_not_be_repeated_is_not(status: int) -> None:
    assert may_repeat(status, idempotent=False) == (status == 429)
