"""The provider simulator, through the providers' own SDKs and real sockets."""

import contextlib
import gzip
import json
import smtplib
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

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
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from infra.simulator.outcomes import (
    MAGIC_ADDRESSES,
    MAGIC_NUMBERS,
    RULES,
    Action,
    Outcome,
    Target,
    find,
)
from infra.simulator.settings import ACCOUNT_SID, AUTH_TOKEN, EXPO_ACCESS_TOKEN
from tests.simulator import ROOT, Running, running

SENDER = "+15005550006"
SHORT = 0.3  # seconds: a client that gives up


@pytest.fixture(scope="module")
def simulator() -> Iterator[Running]:
    """One that no other module's tests have written to."""
    with running() as started:
        yield started


class RecordingHttpClient(TwilioHttpClient):  # type: ignore[misc]  # the SDK has no types
    """Keeps the last response headers, which the SDK's exceptions leave out."""

    def request(self, *args: Any, **kwargs: Any) -> Any:
        response = super().request(*args, **kwargs)
        self.last_headers = response.headers
        return response


@contextlib.contextmanager
def twilio(simulator: Running, token: str = AUTH_TOKEN, timeout: float = 5) -> Iterator[Any]:
    http_client = RecordingHttpClient(timeout=timeout)
    client = Client(ACCOUNT_SID, token, http_client=http_client)
    client.api.base_url = simulator.url
    try:
        yield client
    finally:
        http_client.session.close()


@pytest.fixture
def sms(simulator: Running) -> Iterator[Any]:
    with twilio(simulator) as client:
        yield client


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


def to_phone(client: Any, to: str, **fields: Any) -> Any:
    return client.messages.create(**({"to": to, "from_": SENDER, "body": "Hello"} | fields))


def token(word: str) -> str:
    return f"ExponentPushToken[{word}]"


def to_device(client: Any, word: str, **fields: Any) -> Any:
    return client.publish(PushMessage(to=token(word), title="Hello", **fields))


def mail(simulator: Running, *to: str, timeout: float = 5, **headers: str) -> Any:
    message = EmailMessage()
    message["From"] = "sender@example.com"
    message["To"] = ", ".join(to)
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content("Hello")
    message.add_alternative("<p>Hello</p>", subtype="html")
    with smtplib.SMTP("127.0.0.1", simulator.smtp_port, timeout=timeout) as server:
        return server.send_message(message)


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
        ("twilio", "+15913000512", Outcome(Action.UNDELIVERED, "30005")),
    ],
)
def test_a_recipient_is_read(target: str, recipient: str, outcome: Outcome) -> None:
    """A recipient that matches a form gives its action and value, any other gives success."""
    assert find(Target(target), recipient) == outcome


# --- Twilio ---------------------------------------------------------------------------------


def test_sms_is_accepted_listed_and_fetched(simulator: Running, sms: Any) -> None:
    """The SDK reads the Message it created, and finds it again by To and DateSent."""
    to, before = "+14155550101", datetime.now(UTC).replace(microsecond=0)
    created = to_phone(sms, to, media_url=["https://example.com/a.png", "https://example.com/b"])
    assert (created.sid[:2], len(created.sid), created.status) == ("MM", 34, "queued")
    assert (created.to, created.from_, created.body) == (to, SENDER, "Hello")
    assert created.date_created >= before
    assert sms.messages(created.sid).fetch().status == "delivered"
    assert [m.sid for m in sms.messages.list(to=to, date_sent_after=before)] == [created.sid]
    assert sms.messages.list(to=to, date_sent_after=before + timedelta(days=1)) == []
    [item] = simulator.inbox(to)
    assert (item["target"], item["body"]) == ("twilio", "Hello")
    assert item["provider_message_id"] == created.sid
    assert item["extra"]["media_urls"] == ["https://example.com/a.png", "https://example.com/b"]


def test_sms_through_a_messaging_service(sms: Any) -> None:
    """With a Messaging Service the sender is not chosen yet."""
    created = to_phone(sms, "+14155550102", from_=None, messaging_service_sid="MG1")
    assert (created.status, created.from_, created.messaging_service_sid) == (
        "accepted",
        None,
        "MG1",
    )


def test_sms_list_has_pages(sms: Any) -> None:
    """The SDK follows next_page_uri to the end."""
    sids = [to_phone(sms, "+14155550103").sid for _ in range(5)]
    found = sms.messages.list(to="+14155550103", page_size=2)
    assert [m.sid for m in found] == sids[::-1]


def test_the_idempotency_token_is_recorded(simulator: Running) -> None:
    """It is in the request log and in the inbox."""
    url = f"{simulator.url}/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"
    form = {"To": "+14155550104", "From": SENDER, "Body": "Hello"}
    headers = {"I-Twilio-Idempotency-Token": "one"}
    answer = requests.post(
        url, data=form, headers=headers, auth=(ACCOUNT_SID, AUTH_TOKEN), timeout=5
    )
    assert answer.status_code == 201
    [item] = simulator.inbox("+14155550104")
    [entry] = simulator.get("/requests", to="+14155550104")["items"]
    assert item["extra"]["idempotency_token"] == entry["idempotency_token"] == "one"


@pytest.mark.parametrize(
    ("to", "code", "status"),
    [
        *((number, int(code), 400) for number, code in MAGIC_NUMBERS.items()),
        ("+15992161001", 21610, 400),
        ("+15993000701", 30007, 400),
        ("+15992000301", 20003, 401),
        ("+15992042901", 20429, 429),
        ("+15992050001", 20500, 500),
        ("+15985020001", 502, 502),
        ("5550100", 21211, 400),
        ("", 21604, 400),
    ],
)
def test_sms_is_refused(simulator: Running, sms: Any, to: str, code: int, status: int) -> None:
    """The SDK raises the code with the right HTTP status and nothing lands in the inbox."""
    with pytest.raises(TwilioRestException) as caught:
        to_phone(sms, to)
    assert (caught.value.code, caught.value.status) == (code, status)
    assert simulator.inbox(to) == []


@pytest.mark.parametrize(
    ("fields", "code"),
    [({"body": "x" * 1601}, 21617), ({"body": None}, 21602), ({"from_": None}, 21603)],
)
def test_sms_fields_are_checked(sms: Any, fields: dict[str, Any], code: int) -> None:
    """Twilio's own checks of the form come before the outcome."""
    with pytest.raises(TwilioRestException) as caught:
        to_phone(sms, "+15940000001", **fields)
    assert caught.value.code == code


def test_sms_with_wrong_credentials(simulator: Running) -> None:
    """A wrong auth token is 401 and code 20003."""
    with twilio(simulator, token="wrong") as client:
        with pytest.raises(TwilioRestException) as caught:
            to_phone(client, "+14155550105")
        with pytest.raises(TwilioRestException):
            client.messages("SM1").fetch()
    assert (caught.value.status, caught.value.code) == (401, 20003)


def test_sms_fails_twice_then_succeeds(simulator: Running, sms: Any) -> None:
    """Each failure is counted for its recipient and is in the request log."""
    to = "+15970200001"
    for _ in range(2):
        with pytest.raises(TwilioRestException) as caught:
            to_phone(sms, to)
        assert (caught.value.status, caught.value.code) == (503, 20503)
    to_phone(sms, to)
    assert simulator.outcomes(to) == [("fail", 503), ("fail", 503), ("ok", 201)]
    assert len(simulator.inbox(to)) == 1


def test_sms_is_throttled_once(sms: Any) -> None:
    """429 comes with Retry-After, which only an HTTP client of our own can see."""
    with pytest.raises(TwilioRestException) as caught:
        to_phone(sms, "+15930100001")
    assert (caught.value.status, caught.value.code) == (429, 20429)
    assert sms.http_client.last_headers["Retry-After"] == "1"
    assert to_phone(sms, "+15930100001").status == "queued"


def test_sms_is_slow(sms: Any) -> None:
    """The answer takes as many milliseconds as the number says."""
    started = time.monotonic()
    to_phone(sms, "+15960200001")
    assert time.monotonic() - started >= 0.2


def test_sms_hangs_after_it_was_accepted(simulator: Running) -> None:
    """The client times out although the message is in the inbox."""
    with twilio(simulator, timeout=SHORT) as client, pytest.raises(requests.ReadTimeout):
        to_phone(client, "+15952000001")
    assert len(simulator.inbox("+15952000001")) == 1
    assert simulator.outcomes("+15952000001") == [("hang", 201)]


@pytest.mark.parametrize(
    ("to", "outcome", "accepted"), [("+15940000002", "cut", 1), ("+15920000001", "drop", 0)]
)
def test_sms_connection_is_cut(
    simulator: Running, sms: Any, to: str, outcome: str, accepted: int
) -> None:
    """The client sees the same either way; only the inbox knows."""
    with pytest.raises(requests.ConnectionError):
        to_phone(sms, to)
    assert len(simulator.inbox(to)) == accepted
    assert simulator.outcomes(to) == [(outcome, None)]


# --- Expo -----------------------------------------------------------------------------------


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


def test_push_receipt_says_no(simulator: Running, push: Any) -> None:
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


# --- e-mail ---------------------------------------------------------------------------------


def test_mail_is_accepted(simulator: Running) -> None:
    """Both bodies and the headers are in the inbox, once per recipient."""
    to = ("ann@example.com", "bob@example.com")
    assert mail(simulator, *to, Subject="Hi", List_Unsubscribe="<https://example.com>") == {}
    [[item], [other]] = [simulator.inbox(address) for address in to]
    assert (item["target"], item["title"], item["body"]) == ("email", "Hi", "Hello\n")
    assert item["html"] == "<p>Hello</p>\n"
    assert item["extra"]["headers"]["List-Unsubscribe"] == "<https://example.com>"
    assert item["provider_message_id"] == other["provider_message_id"]


@pytest.mark.parametrize(
    ("local", "code"), [("code-550-a", 550), ("fail-1-a", 451), ("throttle-1-a", 454)]
)
def test_mail_recipient_is_refused(simulator: Running, local: str, code: int) -> None:
    """The reply comes at RCPT, so a second recipient still gets the mail."""
    to, other = f"{local}@example.com", f"next-to-{local}@example.com"
    refused = mail(simulator, to, other)
    assert refused[to][0] == code
    assert (len(simulator.inbox(to)), len(simulator.inbox(other))) == (0, 1)


def test_mail_fails_twice_then_succeeds(simulator: Running) -> None:
    """Each RCPT counts."""
    to = "fail-2-b@example.com"
    for _ in range(2):
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            mail(simulator, to)
    assert mail(simulator, to) == {}
    assert simulator.outcomes(to) == [("fail", 451), ("fail", 451), ("ok", 250)]


def test_mail_is_slow(simulator: Running) -> None:
    """The answer takes as many milliseconds as the local part says."""
    started = time.monotonic()
    mail(simulator, "slow-200-a@example.com")
    assert time.monotonic() - started >= 0.2


@pytest.mark.parametrize(("local", "accepted"), [("cut-a", 1), ("hang-20-a", 1), ("drop-a", 0)])
def test_mail_is_not_answered(simulator: Running, local: str, accepted: int) -> None:
    """The client sees a lost connection; only the inbox knows whether the mail was taken."""
    to = f"{local}@example.com"
    with pytest.raises(smtplib.SMTPServerDisconnected):
        mail(simulator, to, timeout=SHORT)
    assert len(simulator.inbox(to)) == accepted


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
