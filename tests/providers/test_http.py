"""A request that got no answer: it did not go, or there is no telling."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import requests
import urllib3

from notification_core.domain.failures import ErrorClass, OutcomeUnknown, RetryLater
from notification_core.providers.http import (
    failure_of_connection,
    failure_of_request,
    pool,
    session,
)

SHORT = (0.3, 0.3)


@contextmanager
def server(answer: Callable[[socket.socket], object]) -> Iterator[str]:
    """A server that does one thing with each connection."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        kept: list[socket.socket] = []

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                kept.append(connection)
                answer(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(5)
        for connection in kept:
            connection.close()


def error_of(url: str) -> requests.RequestException:
    """What a request to it raises."""
    with session(1) as one, pytest.raises(requests.RequestException) as raised:
        one.post(url, data=b"x" * 1000, timeout=SHORT)
    return raised.value


def unused() -> str:
    """An address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return f"http://127.0.0.1:{listening.getsockname()[1]}"


def hang_up(connection: socket.socket) -> None:
    """Read the request and close."""
    connection.recv(65536)
    connection.close()


def test_a_refused_connection_did_not_go() -> None:
    failure = failure_of_request(error_of(unused()))

    assert isinstance(failure, RetryLater)
    assert failure.code == "not-connected"


def test_a_name_that_is_not_known_did_not_go() -> None:
    failure = failure_of_request(error_of("http://nowhere.invalid"))

    assert isinstance(failure, RetryLater)


def test_a_handshake_that_failed_did_not_go() -> None:
    with server(lambda it: it.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as url:
        failure = failure_of_request(error_of(url.replace("http:", "https:")))

    assert isinstance(failure, RetryLater)


def test_a_message_without_a_response_in_time_may_have_been_sent() -> None:
    with server(lambda _: None) as url:
        failure = failure_of_request(error_of(url))

    assert isinstance(failure, OutcomeUnknown)
    assert failure.code == "read-timeout"


@pytest.mark.parametrize(
    "answer",
    [hang_up, lambda it: (it.recv(65536), it.sendall(b"nonsense\r\n\r\n"), it.close())],
)
def test_a_message_whose_connection_was_cut_may_have_been_sent(
    answer: Callable[[socket.socket], object],
) -> None:
    with server(answer) as url:
        failure = failure_of_request(error_of(url))

    assert isinstance(failure, OutcomeUnknown)
    assert failure.code == "connection-cut"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (requests.ConnectTimeout(), "not-connected"),
        (requests.ReadTimeout(), "read-timeout"),
        (requests.ConnectionError(), "connection-cut"),
        (requests.exceptions.ChunkedEncodingError(), "connection-cut"),
    ],
)
def test_an_error_is_logged_by_its_name_alone(error: requests.RequestException, code: str) -> None:
    failure = failure_of_request(error)

    assert (failure.code, failure.message) == (code, type(error).__name__)


def test_nothing_is_repeated_unasked() -> None:
    asked: list[int] = []

    def count(connection: socket.socket) -> None:
        asked.append(1)
        hang_up(connection)

    with server(count) as url:
        error_of(url)

    assert len(asked) == 1


@pytest.mark.parametrize("url", ["nowhere", "http://", "fax://somebody"])
def test_a_request_to_an_invalid_url_fails_for_good(url: str) -> None:
    with pytest.raises(requests.RequestException) as caught:
        requests.get(url, timeout=1)

    assert failure_of_request(caught.value).error_class is ErrorClass.MESSAGE


@pytest.mark.parametrize(
    ("url", "error_class", "code"),
    [
        ("http://127.0.0.1:9", ErrorClass.TRANSIENT, "not-connected"),
        ("http://[nowhere", ErrorClass.MESSAGE, "invalid-url"),
    ],
)
def test_errors_of_urllib3_before_a_request_was_sent(
    url: str, error_class: ErrorClass, code: str
) -> None:
    with pytest.raises(urllib3.exceptions.HTTPError) as caught:
        pool(1).request("POST", url)

    failure = failure_of_connection(caught.value)
    assert (failure.error_class, failure.code) == (error_class, code)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (urllib3.exceptions.ProtocolError("cut"), "connection-cut"),
        (urllib3.exceptions.ReadTimeoutError(None, "/", "late"), "read-timeout"),  # type: ignore[arg-type]
    ],
)
def test_errors_of_urllib3_after_a_request_may_have_been_sent(
    error: urllib3.exceptions.HTTPError, code: str
) -> None:
    failure = failure_of_connection(error)

    assert (failure.error_class, failure.code) == (ErrorClass.AMBIGUOUS, code)
