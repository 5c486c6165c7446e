"""Secrets Manager in trouble: one fetch for all who wait, and never for long."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import boto3
import pytest

from notifications.adapters.secrets import (
    AGAIN_SECONDS,
    CONFIG,
    FAILED_SECONDS,
    FRESH_SECONDS,
    Secrets,
    SecretUnreadable,
)


class SecretsManager(ThreadingHTTPServer):
    """Answers as told: with a secret, with an error, or not at all."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, Any]] = [(200, {"key": "old"})]
        self.asked = 0
        self.hangs = False
        self.over = Event()
        super().__init__(("127.0.0.1", 0), Handler)

    def says(self, *answers: tuple[int, Any]) -> None:
        """Answer so from now on, the last one for ever."""
        self.answers = list(answers)


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    server: SecretsManager

    def do_POST(self) -> None:
        """Answer as told."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked += 1
        if self.server.hangs:
            self.server.over.wait()
            return
        answers = self.server.answers
        status, said = answers.pop(0) if len(answers) > 1 else answers[0]
        body = {"SecretString": said if isinstance(said, str) else json.dumps(said)}
        content = json.dumps(body if status == 200 else {"__type": said}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_args: Any) -> None:
        """Be quiet."""


@pytest.fixture
def server() -> Iterator[SecretsManager]:
    """A Secrets Manager of this test's own."""
    with SecretsManager() as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.over.set()
        server.shutdown()


class Later:
    """The time, put forward as far as a test likes."""

    def __init__(self) -> None:
        self.by = 0.0

    def __call__(self) -> float:
        return time.perf_counter() + self.by


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Later:
    """The adapter's clock."""
    later = Later()
    monkeypatch.setattr(time, "monotonic", later)
    return later


@pytest.fixture
def secrets(server: SecretsManager) -> Secrets:
    """Secrets over the real client, as a function makes it."""
    client = boto3.client(
        "secretsmanager",
        config=CONFIG,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        endpoint_url=f"http://127.0.0.1:{server.server_port}",
    )
    return Secrets(lambda: client)


def test_a_hundred_sends_at_once_share_one_failed_fetch_that_ends_in_time(
    server: SecretsManager, secrets: Secrets
) -> None:
    server.hangs = True
    began = time.perf_counter()

    def ask(_: int) -> str:
        with pytest.raises(SecretUnreadable) as unreadable:
            secrets.get("twilio")
        secrets.forget()  # as after each configuration error
        return str(unreadable.value)

    with ThreadPoolExecutor(100) as pool:
        answers = set(pool.map(ask, range(100)))

    assert answers == {"ReadTimeoutError"}
    assert server.asked == 1
    assert time.perf_counter() - began < 4


def test_a_secret_that_was_read_is_used_while_there_is_no_answer(
    server: SecretsManager, secrets: Secrets, later: Later
) -> None:
    assert secrets.get("twilio") == {"key": "old"}
    server.says((500, "InternalServiceError"))
    later.by += FRESH_SECONDS
    asked = server.asked

    assert secrets.get("twilio") == {"key": "old"}
    assert server.asked > asked + 1, "what fails at once is tried again at once"

    server.says((200, {"key": "new"}))
    assert secrets.get("twilio") == {"key": "old"}
    later.by += FAILED_SECONDS
    assert secrets.get("twilio") == {"key": "new"}


@pytest.mark.parametrize(
    ("status", "said", "reason"),
    [
        (400, "AccessDeniedException", "AccessDeniedException"),
        (400, "ResourceNotFoundException", "ResourceNotFoundException"),
        (400, "DecryptionFailure", "DecryptionFailure"),
        (200, "no JSON", "JSONDecodeError"),
        (200, ["a", "list"], "TypeError"),
    ],
)
def test_a_secret_that_is_refused_or_broken_is_not_used_any_more(
    server: SecretsManager, secrets: Secrets, later: Later, status: int, said: Any, reason: str
) -> None:
    assert secrets.get("twilio") == {"key": "old"}
    server.says((status, said))
    later.by += FRESH_SECONDS
    asked = server.asked

    for _ in range(3):
        with pytest.raises(SecretUnreadable, match=reason):
            secrets.get("twilio")

    assert server.asked == asked + 1


def test_a_throttled_fetch_is_tried_again(server: SecretsManager, secrets: Secrets) -> None:
    server.says((400, "ThrottlingException"), (200, {"key": "new"}))

    assert secrets.get("twilio") == {"key": "new"}


def test_a_forgotten_secret_is_fetched_anew_once_a_second_at_most(
    server: SecretsManager, secrets: Secrets, later: Later
) -> None:
    for _ in range(100):
        secrets.get("twilio")
        secrets.forget()
    assert server.asked == 1

    server.says((200, {"key": "new"}))
    later.by += AGAIN_SECONDS
    assert secrets.get("twilio") == {"key": "new"}


def test_a_secret_that_could_not_be_read_and_was_mended_is_found_by_the_next_probe(
    server: SecretsManager, secrets: Secrets, later: Later
) -> None:
    server.says((400, "AccessDeniedException"))
    with pytest.raises(SecretUnreadable):
        secrets.get("twilio")
    server.says((200, {"key": "new"}))
    later.by += FAILED_SECONDS

    secrets.forget()

    assert secrets.get("twilio") == {"key": "new"}
