"""The provider simulator: its table of outcomes, webhooks, inbox and page."""

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

import pytest
import requests

from infra.simulator.outcomes import (
    MAGIC_ADDRESSES,
    MAGIC_NUMBERS,
    RULES,
    Action,
    Outcome,
    Target,
    find,
)
from tests.simulator import ROOT, SHORT, Running, running

# --- the table ------------------------------------------------------------------------------


def _documented(header: str) -> list[list[str]]:
    lines = iter((ROOT / "docs" / "simulator.md").read_text().splitlines())
    next(line for line in lines if line.startswith(f"| {header} |"))
    next(lines)
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append([cell.strip(" `") for cell in line.strip("|").split("|")])
    return rows


def test_the_documented_tables_are_the_tables_in_code() -> None:
    """docs/simulator.md shows each row of RULES and of the two MAGIC tables and nothing else."""
    rules = [[r.effect, r.twilio, r.expo, r.webhook, r.email, r.ses] for r in RULES]
    assert _documented("What happens") == rules
    assert _documented("Twilio number") == [list(pair) for pair in MAGIC_NUMBERS.items()]
    addresses = [[to, o.action, o.value] for to, o in MAGIC_ADDRESSES.items()]
    assert _documented("SES address") == addresses


@pytest.mark.parametrize(
    ("target", "recipient", "outcome"),
    [
        ("twilio", "+15992161007", Outcome(Action.ERROR, "21610")),
        ("twilio", "+15985021234", Outcome(Action.HTTP, "502")),
        ("twilio", "+15961500123", Outcome(Action.SLOW, "1500")),
        ("twilio", "+14155550100", Outcome(Action.OK)),
        ("twilio", "+15981991234", Outcome(Action.OK)),
        ("expo", "ExpoPushToken[fail-2]", Outcome(Action.FAIL, "2")),
        ("expo", "ExpoPushToken[fail-two]", Outcome(Action.OK)),
        ("expo", "fail-2", Outcome(Action.FAIL, "2")),
        ("webhook", "hang-20-some-text", Outcome(Action.HANG, "20")),
        ("webhook", "cutlery", Outcome(Action.OK)),
        ("email", "code-550-ann@example.com", Outcome(Action.ERROR, "550")),
        ("email", "http-550-ann@example.com", Outcome(Action.OK)),
        ("email", "error-MessageRejected-ann@example.com", Outcome(Action.OK)),
        ("ses", "error-MessageRejected-ann@example.com", Outcome(Action.ERROR, "MessageRejected")),
        ("ses", "code-550-ann@example.com", Outcome(Action.OK)),
        ("ses", "bounce-Transient-General", Outcome(Action.OK)),
        ("ses", "bounce-Transient-General@x.test", Outcome(Action.BOUNCE, "Transient-General")),
        ("ses", "bounce-permanent-5.7.26@x.test", Outcome(Action.BOUNCE, "permanent-5.7.26")),
        ("ses", "bounce-Transient-5.3.0-a@x.test", Outcome(Action.BOUNCE, "Transient-5.3.0")),
        ("ses", "bounce-Permanent-2.0.0@x.test", Outcome(Action.OK)),
        ("ses", "bounce@x.test", Outcome(Action.OK)),
        ("ses", "bounce+a1@simulator.amazonses.com", Outcome(Action.BOUNCE, "Permanent-General")),
        ("ses", "complaint+a1@simulator.amazonses.com", Outcome(Action.COMPLAINT)),
        ("ses", "complaint+a1@x.test", Outcome(Action.OK)),
        (
            "expo",
            "ExponentPushToken[xxxxxxxxxxxxxxxxxxxxxx]",
            Outcome(Action.ERROR, "DeviceNotRegistered"),
        ),
        ("twilio", "+15913000512", Outcome(Action.UNDELIVERED, "30005")),
    ],
)
def test_a_recipient_is_read(target: str, recipient: str, outcome: Outcome) -> None:
    """A recipient that matches a form gives its action and value, any other gives success."""
    assert find(Target(target), recipient) == outcome


# --- webhooks -------------------------------------------------------------------------------


def test_hook_keeps_the_exact_body_and_the_headers(simulator: Running) -> None:
    """A signature can be checked against what the inbox shows."""
    body = b'{ "title": "Hello" }'
    url, headers = f"{simulator.url}/hooks/signed", {"X-Signature": "abc"}
    answers = [
        requests.request(m, url, data=body, headers=headers, timeout=5) for m in ("POST", "PUT")
    ]
    assert [a.status_code for a in answers] == [204, 200]
    posted, put = simulator.inbox("signed")
    assert (posted["title"], posted["body"]) == ("Hello", body.decode())
    assert posted["extra"]["headers"]["x-signature"] == "abc"
    assert posted["extra"]["json"] == {"title": "Hello"}
    assert put["extra"]["method"] == "PUT"


def test_hook_outcomes(simulator: Running) -> None:
    """The words of Expo's tokens work as hook names."""
    assert simulator.hook("error-GONE-a").json() == {"error": "GONE"}
    assert "<h1>502</h1>" in simulator.hook("http-502-a").text
    assert [simulator.hook("fail-1-a").status_code for _ in range(2)] == [503, 204]
    throttled = simulator.hook("throttle-1-a")
    assert (throttled.status_code, throttled.headers["Retry-After"]) == (429, "1")
    with pytest.raises(requests.ReadTimeout):
        simulator.hook("hang-20-a", timeout=SHORT)
    for name in ("cut-a", "drop-a"):
        with pytest.raises(requests.ConnectionError):
            simulator.hook(name)
    names = ("error-GONE-a", "hang-20-a", "cut-a", "drop-a")
    assert [len(simulator.inbox(name)) for name in names] == [0, 1, 1, 0]


# --- the inbox, the page, the process -------------------------------------------------------


def test_page_escapes_what_it_shows(simulator: Running) -> None:
    """A hostile title, body or name stays text."""
    evil = "<script>alert('1')</script>{0}"
    simulator.hook("%3Cb%3Ename", title=evil)
    page = requests.get(simulator.url, timeout=5)
    assert page.headers["Content-Type"].startswith("text/html")
    assert "<script" not in page.text
    assert "<b>" not in page.text
    assert "&lt;script&gt;alert(&#x27;1&#x27;)&lt;/script&gt;{0}" in page.text


class Emulator(BaseHTTPRequestHandler):
    """Answers as the AWS emulator's SES inbox."""

    mail: ClassVar[dict[str, Any]] = {
        "MessageId": "ses-1",
        "Source": "sender@example.com",
        "To": ["Ann <ann@example.com>"],
        "CC": [],
        "BCC": ["bob@example.com"],
        "Subject": "From SES",
        "BodyText": "Hello",
        "BodyHtml": "",
        "Timestamp": 1700000000.25,
        "Type": "v2.SendEmail",
    }

    def do_GET(self) -> None:
        found = self.path == "/_ministack/ses/messages"
        self.send_response(200 if found else 404)
        self.end_headers()
        self.wfile.write(json.dumps({"messages": {"000000000000": [self.mail]}}).encode())

    def log_message(self, *_args: object) -> None:
        """Keep the test's output quiet."""


@contextlib.contextmanager
def emulator() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Emulator) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_inbox_merges_ses_counts_and_clears() -> None:
    """Mails of the emulator are in the inbox, in time order, until they cannot be read."""
    with emulator() as url, running("--emulator-url", url, "--latency-ms", "150") as simulator:
        started = time.monotonic()
        simulator.hook("later")
        assert time.monotonic() - started >= 0.15
        items = simulator.get("/inbox")["items"]
        assert [i["to"] for i in items] == ["ann@example.com", "bob@example.com", "later"]
        assert items[0]["at"] == "2023-11-14T22:13:20.250Z"
        assert len(simulator.get("/inbox", target="email")["items"]) == 2
        assert simulator.get("/health") == {"status": "ok", "accepted": 1, "requests": 1}
        assert requests.delete(f"{simulator.url}/inbox", timeout=5).status_code == 204
        assert simulator.get("/inbox") == {"items": [], "problems": []}
        assert simulator.get("/requests") == {"items": []}
        assert "Nothing here yet" in requests.get(simulator.url, timeout=5).text


def test_an_unreadable_emulator_is_a_problem_not_an_empty_inbox() -> None:
    """And a client left hanging does not hold back the end of the simulator."""
    with emulator() as url:
        pass
    with running("--emulator-url", url, "--keep", "2") as simulator:
        with pytest.raises(requests.ReadTimeout):
            simulator.hook("hang-60-a", timeout=SHORT)
        for name in "bcd":
            simulator.hook(name)
        answer = simulator.get("/inbox")
        assert "no SES inbox" in answer["problems"][0]
        assert [i["to"] for i in answer["items"]] == ["c", "d"]
        assert simulator.get("/health")["accepted"] == 4
