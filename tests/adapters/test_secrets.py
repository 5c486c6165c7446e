"""Secrets Manager and Parameter Store in trouble: one fetch for all who wait, never for long."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import boto3
import pytest

from notification_core.adapters.secrets import (
    CONFIG,
    FAILED,
    FRESH,
    Secrets,
    SecretUnavailable,
)
from notification_core.domain.clock import utc_now


class SecretsManager(ThreadingHTTPServer):
    """Answers as told: with a secret, with an error, or not at all."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, Any]] = [(200, {"key": "old"})]
        self.requests: list[tuple[str, Any]] = []
        self.hangs = False
        self.over = Event()
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def asked(self) -> int:
        """How often it was asked."""
        return len(self.requests)

    def says(self, *answers: tuple[int, Any]) -> None:
        """Answer so from now on, the last one for ever."""
        self.answers = list(answers)


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    server: SecretsManager

    def do_POST(self) -> None:
        """Answer as told."""
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append((self.headers["X-Amz-Target"], request))
        if self.server.hangs:
            self.server.over.wait()
            return
        answers = self.server.answers
        status, said = answers.pop(0) if len(answers) > 1 else answers[0]
        text = said if isinstance(said, str) else json.dumps(said)
        body = {"SecretString": text, "Parameter": {"Value": text}}
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
        self.by = timedelta(0)

    def __call__(self) -> datetime:
        return utc_now() + self.by


@pytest.fixture
def later() -> Later:
    """The adapter's clock."""
    return Later()


@pytest.fixture
def secrets(server: SecretsManager, later: Later) -> Secrets:
    """Secrets over the real client, as a function makes it."""

    @cache
    def client(service: str) -> Any:
        return boto3.client(
            service,
            config=CONFIG,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            endpoint_url=f"http://127.0.0.1:{server.server_port}",
        )

    return Secrets(client, later)


def test_a_hundred_sends_at_once_share_one_failed_fetch_that_ends_in_time(
    server: SecretsManager, secrets: Secrets
) -> None:
    server.hangs = True
    began = time.perf_counter()

    def ask(_: int) -> str:
        with pytest.raises(SecretUnavailable) as unreadable:
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
    later.by += FRESH
    asked = server.asked

    assert secrets.get("twilio") == {"key": "old"}
    assert server.asked > asked + 1, "what fails at once is tried again at once"

    server.says((200, {"key": "new"}))
    assert secrets.get("twilio") == {"key": "old"}
    later.by += FAILED
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
    later.by += FRESH
    asked = server.asked

    for _ in range(3):
        with pytest.raises(SecretUnavailable, match=reason):
            secrets.get("twilio")

    assert server.asked == asked + 1


def test_a_throttled_fetch_is_tried_again(server: SecretsManager, secrets: Secrets) -> None:
    server.says((400, "ThrottlingException"), (200, {"key": "new"}))

    assert secrets.get("twilio") == {"key": "new"}


def test_a_secret_is_fetched_once_in_five_minutes(
    server: SecretsManager, secrets: Secrets, later: Later
) -> None:
    for _ in range(300):
        secrets.get("twilio")
        later.by += timedelta(seconds=1)
    assert server.asked == 1

    assert secrets.get("twilio") == {"key": "old"}
    assert server.asked == 2


def test_a_forgotten_secret_is_fetched_again_once_a_minute_at_most(
    server: SecretsManager, secrets: Secrets, later: Later
) -> None:
    for _ in range(59):
        secrets.get("twilio")
        secrets.forget()
        later.by += timedelta(seconds=1)
    assert server.asked == 1

    server.says((200, {"key": "new"}))
    later.by += timedelta(seconds=1)
    assert secrets.get("twilio") == {"key": "new"}


def test_a_clock_that_is_put_back_makes_no_secret_last_longer(
    server: SecretsManager, secrets: Secrets, later: Later
) -> None:
    secrets.get("twilio")
    server.says((200, {"key": "new"}))
    later.by -= timedelta(hours=1)

    assert secrets.get("twilio") == {"key": "new"}


PARAMETER = "/notifications/twilio"


def test_a_parameter_is_read_decrypted(server: SecretsManager, secrets: Secrets) -> None:
    assert secrets.get(PARAMETER) == {"key": "old"}
    assert server.requests == [
        ("AmazonSSM.GetParameter", {"Name": PARAMETER, "WithDecryption": True})
    ]


@pytest.mark.parametrize("said", ["ParameterNotFound", "AccessDeniedException", "InvalidKeyId"])
def test_a_parameter_that_is_refused_is_not_used_any_more(
    server: SecretsManager, secrets: Secrets, later: Later, said: str
) -> None:
    secrets.get(PARAMETER)
    server.says((400, said))
    later.by += FRESH

    with pytest.raises(SecretUnavailable, match=said):
        secrets.get(PARAMETER)


def test_a_throttled_parameter_is_tried_again(server: SecretsManager, secrets: Secrets) -> None:
    server.says((400, "ThrottlingException"), (200, {"key": "new"}))

    assert secrets.get(PARAMETER) == {"key": "new"}


def test_a_secret_that_could_not_be_read_and_was_mended_is_found_by_the_next_probe(
    server: SecretsManager, secrets: Secrets, later: Later
) -> None:
    server.says((400, "AccessDeniedException"))
    with pytest.raises(SecretUnavailable):
        secrets.get("twilio")
    server.says((200, {"key": "new"}))
    later.by += FAILED

    secrets.forget()

    assert secrets.get("twilio") == {"key": "new"}
