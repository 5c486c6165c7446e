"""The Webhook function: what its receivers get, and what their answers lead to."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from uuid import uuid4

import pytest

from notification_core.domain.delivery import Delivery
from notification_core.domain.errors import InvalidInput
from notification_core.domain.failures import Rejected
from notification_core.domain.status import Status
from notification_core.ports import Ports
from notification_core.usecases.sending.enqueue import wake_up_for
from tests.emulator import Emulator
from tests.functions.consumers import Consumer, consumer
from tests.functions.lambda_calls import Api
from tests.simulator import Running

KEY = b"a key of twenty-four bytes, or more"
SECRET = {"signing_secret": f"whsec_{base64.b64encode(KEY).decode()}"}


@pytest.fixture
def webhook(live: Ports, api: Api, emulator: Emulator) -> Iterator[Consumer]:
    """The function with a secret."""
    del api  # the targets are registered
    with consumer(live, emulator, "Webhook", secret=SECRET) as made:
        yield made


class Receiver(ThreadingHTTPServer):
    """A receiver that does what the simulator does not: redirects, dribbles, keeps connections."""

    def __init__(self) -> None:
        self.moved_to = ""
        self.connections: set[Any] = set()
        super().__init__(("127.0.0.1", 0), Answers)

    def url(self, path: str) -> str:
        """Return the address of one behaviour."""
        return f"http://127.0.0.1:{self.server_port}/{path}"


class Answers(BaseHTTPRequestHandler):
    """Does what the path says."""

    protocol_version = "HTTP/1.1"
    server: Receiver

    def do_POST(self) -> None:
        """Answer."""
        self.server.connections.add(self.client_address)
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/moved":
            self.answer(307, b"", Location=self.server.moved_to)
        elif self.path == "/short":
            self.answer(200, b"thank you")
        else:
            with suppress(OSError):
                self.answer(200, b"", **{"Content-Length": "1000"})
                for _ in range(1000):
                    self.wfile.write(b".")
                    time.sleep(0.1)

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        """Send an answer."""
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: Any) -> None:
        """Be quiet."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver of its own."""
    with Receiver() as server:
        server.daemon_threads, server.block_on_close = True, False
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def hook(simulator: Running, name: str) -> str:
    """Return the address of one of the simulator's hooks."""
    return f"{simulator.url}/hooks/{name}"


def test_a_notification_is_posted(webhook: Consumer, simulator: Running) -> None:
    due = datetime(2026, 1, 1, 12, tzinfo=UTC)
    asked = webhook.ask(webhook.record(hook(simulator, "eggs")), body="Brëakfast", extra={"a": [1]})
    webhook.run(wake_up_for(asked))
    done = webhook.stored(asked)

    [item] = simulator.inbox("eggs")
    assert done.status is Status.DELIVERED
    assert done.provider_message_id == done.id
    said = json.loads(item["body"])
    assert datetime.fromisoformat(said.pop("scheduled_delivery")) == done.scheduled_delivery > due
    assert said == {
        "id": done.id,
        "user": webhook.user,
        "title": "Hello",
        "body": "Brëakfast",
        "extra": {"a": [1]},
    }
    headers = item["extra"]["headers"]
    assert headers["content-type"] == "application/json"
    assert headers["idempotency-key"] == headers["webhook-id"] == done.id
    assert headers["webhook-attempt"] == "1"


def test_the_receiver_can_verify_the_signature(webhook: Consumer, simulator: Running) -> None:
    webhook.deliver(hook(simulator, "signed"), body="Brëakfast")

    [item] = simulator.inbox("signed")
    headers = item["extra"]["headers"]
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{item['body']}"
    expected = hmac.new(KEY, content.encode(), hashlib.sha256).digest()
    version, _, signature = headers["webhook-signature"].partition(",")
    assert version == "v1"
    assert base64.b64decode(signature) == expected
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60


def test_the_signature_is_that_of_the_standards_own_example(
    live: Ports, api: Api, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    del api
    secret = {"signing_secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}
    with consumer(live, emulator, "Webhook", secret=secret) as webhook:
        webhook.handler.key()  # fetched while the clock is right
        monkeypatch.setattr(time, "time", lambda: 1614265330.9)
        headers = webhook.handler.signed("msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}')

    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    ("name", "status", "failures", "active", "code"),
    [
        ("http-410-1", Status.INACTIVE_DEVICE, 0, False, "410"),
        ("http-404-1", Status.DELIVERY_FAILURE, 1, True, "404"),
        ("http-401-1", Status.DELIVERY_FAILURE, 1, True, "401"),
        ("http-403-1", Status.DELIVERY_FAILURE, 1, True, "403"),
        ("http-400-1", Status.DELIVERY_FAILURE, 1, True, "400"),
        ("http-408-1", Status.RETRY, 1, True, "408"),
        ("http-425-1", Status.RETRY, 1, True, "425"),
        ("http-429-1", Status.RETRY, 0, True, "429"),
        ("http-500-1", Status.RETRY, 1, True, "500"),
        ("http-503-1", Status.RETRY, 1, True, "503"),
        ("cut-1", Status.RETRY, 1, True, "connection-cut"),
        ("drop-1", Status.RETRY, 1, True, "connection-cut"),
    ],
)
def test_each_response_of_the_webhook_has_its_outcome(
    webhook: Consumer,
    simulator: Running,
    name: str,
    status: Status,
    failures: int,
    active: bool,
    code: str,
) -> None:
    done = webhook.deliver(hook(simulator, name))

    assert (done.status, done.retry_attempts) == (status, failures)
    assert done.last_error is not None
    assert done.last_error.code == code
    assert simulator.url not in done.last_error.message
    assert webhook.get_record(done).active is active


def test_a_throttled_one_waits_as_long_as_it_was_asked_to(
    webhook: Consumer, simulator: Running
) -> None:
    done = webhook.deliver(hook(simulator, "throttle-1-1"))

    assert done.due_at is not None
    assert timedelta(seconds=1) <= done.due_at - done.updated_at <= timedelta(seconds=2)


def test_every_attempt_has_the_same_id_and_body(webhook: Consumer, simulator: Running) -> None:
    """`cut` takes the notification and says nothing: at least once, and once more at most."""
    done = webhook.deliver(hook(simulator, "cut-2"), retry_time_interval=1)
    assert (done.status, done.timeline[-1].event) == (Status.RETRY, "possibly_sent")
    webhook.again(done)

    first, second = simulator.inbox("cut-2")
    assert webhook.stored(done).status is Status.UNKNOWN
    assert first["body"] == second["body"]
    assert first["extra"]["headers"]["webhook-id"] == second["extra"]["headers"]["webhook-id"]
    attempts = [each["extra"]["headers"]["webhook-attempt"] for each in (first, second)]
    assert attempts == ["1", "2"]


def test_it_fails_once_and_then_succeeds(webhook: Consumer, simulator: Running) -> None:
    done = webhook.deliver(hook(simulator, "fail-1-1"), retry_time_interval=1)
    assert done.status is Status.RETRY
    webhook.again(done)

    assert webhook.stored(done).status is Status.DELIVERED
    assert len(simulator.inbox("fail-1-1")) == 1


def test_a_redirect_is_not_followed(
    webhook: Consumer, receiver: Receiver, simulator: Running
) -> None:
    receiver.moved_to = hook(simulator, "elsewhere")
    done = webhook.deliver(receiver.url("moved"))

    assert done.status is Status.DELIVERY_FAILURE
    assert done.last_error is not None
    assert done.last_error.code == "307"
    assert simulator.inbox("elsewhere") == []


def test_a_connection_is_kept(webhook: Consumer, receiver: Receiver) -> None:
    record = webhook.record(receiver.url("short"))
    for _ in range(3):
        webhook.run(wake_up_for(webhook.ask(record)))

    assert len(receiver.connections) == 1


def test_a_receiver_that_responds_byte_by_byte_delays_no_other(
    webhook: Consumer, receiver: Receiver
) -> None:
    began = time.monotonic()
    done = webhook.deliver(receiver.url("dribble"))

    assert done.status is Status.DELIVERED
    assert time.monotonic() - began < 5


def test_a_receiver_that_is_not_there_is_tried_again(webhook: Consumer) -> None:
    done = webhook.deliver("http://127.0.0.1:9/nobody")

    assert (done.status, done.retry_attempts) == (Status.RETRY, 1)
    assert done.last_error is not None
    assert done.last_error.code == "not-connected"


@pytest.mark.parametrize(
    ("secret", "code"),
    [
        ("", "secret-incomplete"),
        ("whsec_", "signing-secret"),
        ("whsec_c2hvcnQ=", "signing-secret"),
        ("whsec_not base64", "signing-secret"),
    ],
)
def test_a_wrong_secret_fails_nothing_and_pauses_the_target(
    live: Ports, api: Api, emulator: Emulator, simulator: Running, secret: str, code: str
) -> None:
    del api
    with consumer(live, emulator, "Webhook", secret={"signing_secret": secret}) as webhook:
        done = webhook.deliver(hook(simulator, "unsigned"))
        pause = webhook.module.pause

    assert pause is not None
    assert pause.code == code
    assert (done.status, done.retry_attempts) == (Status.RETRY, 0)
    assert done.last_error is not None
    assert (done.last_error.error_class, done.last_error.code) == ("configuration", code)
    assert simulator.inbox("unsigned") == []


@pytest.mark.parametrize(
    "address",
    [
        "https://example.com",
        "https://example.com/hooks/eggs?with=toast",
        "https://hooks.example.com:8443/",
        "http://127.0.0.1:65000/hooks/eggs",
        "http://localhost/hooks/eggs",
    ],
)
def test_a_url_is_an_address(webhook: Consumer, address: str) -> None:
    assert webhook.record(address).target_user_id == address


@pytest.mark.parametrize(
    "address",
    [
        "eggs",
        "http://example.com/hooks",
        "http://127.0.0.1.example.com/hooks",
        "https://eggs:toast@example.com/",
        "https:///hooks",
        "https://a..b/hooks",
        "https://example.com:99999/",
        "https://example.com/ü",
        "https://example.com/a b",
        "https://example.com/\n",
    ],
)
def test_an_invalid_url_is_refused_at_once(webhook: Consumer, address: str) -> None:
    with pytest.raises(InvalidInput):
        webhook.record(address)


def test_plain_http_is_not_sent_in_the_cloud(
    webhook: Consumer, simulator: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery = Delivery(
        id=str(uuid4()),
        attempt=1,
        user="user",
        target="target",
        address=hook(simulator, "plain"),
        title="Hello",
        body="There",
        extra={},
        scheduled_delivery=datetime.now(UTC),
    )
    monkeypatch.setenv("AWS_ENDPOINT_URL", "")

    with pytest.raises(Rejected, match="not-https"):
        webhook.handler.send(delivery)
    assert simulator.inbox("plain") == []


def test_no_log_line_of_a_target_contains_an_address_or_a_text(
    webhook: Consumer,
    simulator: Running,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG", "notification_core")
    webhook.deliver(hook(simulator, "private"), body="a secret text")
    webhook.deliver(hook(simulator, "http-404-private"), body="a secret text")

    written = "".join(capfd.readouterr()) + caplog.text
    assert "Received" in written
    assert "private" not in written
    assert "secret text" not in written
