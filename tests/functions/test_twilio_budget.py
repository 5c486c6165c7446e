"""Twilio answers slowly: the look-up and the message together fit into one send's time."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import pytest

from functions.targets.twilio import handler
from notification_core.domain.failures import DeliveryFailed, ErrorClass
from notification_core.providers.time_budget import Budget
from notification_core.runtime.settings import ConsumerSettings
from tests.builders import NOON, a_delivery

BUDGET = 1.0
LOOK_UP = 0.4


@dataclass
class SlowTwilio:
    """How long it takes for each method, and what it was asked."""

    url: str = ""
    waits: dict[str, float] = field(default_factory=dict)
    methods: list[str] = field(default_factory=list)
    over: Event = field(default_factory=Event)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowTwilio]:
    """Run one, and let the handler call it, with a second for each send."""
    told = SlowTwilio()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer()

        def do_POST(self) -> None:
            self.answer()

        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            told.methods.append(self.command)
            if told.over.wait(told.waits.get(self.command, 0)):
                return
            found = b'{"messages": [], "next_page_uri": null}'
            content = found if self.command == "GET" else b'{"sid": "SM1"}'
            self.send_response(200 if self.command == "GET" else 201)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_args: Any) -> None:
            """Be quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        told.url = f"http://127.0.0.1:{server.server_port}"
        settings = ConsumerSettings(
            module="twilio", provider_url=told.url, public_url=None, max_concurrency=1
        )
        monkeypatch.setattr(handler, "consumer_settings", lambda: settings)
        monkeypatch.setattr(handler, "credentials", lambda *_: SECRET)
        monkeypatch.setattr(handler, "Budget", lambda: Budget(BUDGET))
        monkeypatch.setattr(handler, "LOOK_UP_TIME_LIMIT", LOOK_UP)
        handler.client.cache_clear()
        yield told
        handler.client.cache_clear()
        told.over.set()
        server.shutdown()


SECRET = {"account_sid": "AC1", "auth_token": "token", "from": "+15005550006"}
DOUBTFUL = a_delivery(address="+15551230000", possibly_sent_at=NOON)


def failure_of_send() -> DeliveryFailed:
    """What becomes of one that may have gone before, in time."""
    began = time.monotonic()
    with pytest.raises(DeliveryFailed) as raised:
        handler.send(DOUBTFUL)
    assert time.monotonic() - began < BUDGET + 1
    return raised.value


def test_a_look_up_that_hangs_leaves_nothing_sent(slow: SlowTwilio) -> None:
    slow.waits = {"GET": 30}
    began = time.monotonic()

    failure = failure_of_send()

    assert (failure.error_class, failure.code) == (ErrorClass.TRANSIENT, "no-look-up")
    assert slow.methods == ["GET"]
    assert time.monotonic() - began < BUDGET


def test_a_message_that_hangs_after_a_slow_look_up_ends_in_the_time_of_one_send(
    slow: SlowTwilio,
) -> None:
    slow.waits = {"GET": LOOK_UP * 0.75, "POST": 30}

    failure = failure_of_send()

    assert (failure.error_class, failure.code) == (ErrorClass.AMBIGUOUS, "read-timeout")
    assert slow.methods == ["GET", "POST"]


def test_a_slow_look_up_and_a_message_go_through(slow: SlowTwilio) -> None:
    slow.waits = {"GET": LOOK_UP / 2, "POST": BUDGET / 2}

    assert handler.send(DOUBTFUL).provider_message_id == "SM1"


def test_each_send_of_a_thread_has_its_own_time(slow: SlowTwilio) -> None:
    slow.waits = {"POST": BUDGET * 0.7}

    for _ in range(2):
        assert handler.send(a_delivery(address="+15551230000")).provider_message_id == "SM1"
