"""What the simulator sends in Twilio's name: status callbacks and a person's replies."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from infra.simulator.settings import ACCOUNT_SID, AUTH_TOKEN
from tests.simulator import SHORT, Receiver, Running, eventually, receiving, running

SENDER = "+15005550006"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture
def sms(simulator: Running) -> Iterator[Any]:
    http_client = TwilioHttpClient(timeout=SHORT)
    client = Client(ACCOUNT_SID, AUTH_TOKEN, http_client=http_client)
    client.api.base_url = simulator.url
    yield client
    http_client.session.close()


def send(client: Any, to: str, url: str | None = None, **fields: Any) -> Any:
    form = {"to": to, "from_": SENDER, "body": "Hello", "status_callback": url} | fields
    return client.messages.create(**form)


def slowly(seconds: float) -> Callable[[], tuple[int, str]]:
    def answer() -> tuple[int, str]:
        time.sleep(seconds)
        return 200, ""

    return answer


def finished(simulator: Running, to: str, count: int) -> list[dict[str, Any]]:
    """Return the log of a number's callbacks once it has so many."""
    found: list[dict[str, Any]] = eventually(
        lambda: simulator.callbacks(to), lambda seen: len(seen) >= count
    )
    return found


# --- status callbacks -----------------------------------------------------------------------


def test_callbacks_are_signed_and_follow_the_answer(
    simulator: Running, sms: Any, receiver: Receiver
) -> None:
    """Sent, then delivered; the signature is over the URL with its query."""
    url = receiver.url("/callbacks?notification=a%20b&n=1")
    receiver.answer = slowly(0.3)
    created = send(sms, "+14155550201", url)
    assert simulator.callbacks("+14155550201") == []
    log = finished(simulator, "+14155550201", 2)
    assert [(e["url"], e["status"], e["error_code"], e["answer"]) for e in log] == [
        (url, "sent", None, 200),
        (url, "delivered", None, 200),
    ]
    for call, status in zip(receiver.received, ("sent", "delivered"), strict=True):
        assert call.path == "/callbacks?notification=a%20b&n=1"
        assert call.form == {
            "MessageSid": created.sid,
            "SmsSid": created.sid,
            "MessageStatus": status,
            "SmsStatus": status,
            "AccountSid": ACCOUNT_SID,
            "From": SENDER,
            "To": "+14155550201",
            "ApiVersion": "2010-04-01",
        }
        signature = call.headers["X-Twilio-Signature"]
        assert RequestValidator(AUTH_TOKEN).validate(url, call.form, signature)
    assert sms.messages(created.sid).fetch().status == "delivered"


def test_a_localhost_name_is_this_computer(
    simulator: Running, sms: Any, receiver: Receiver
) -> None:
    """The Host header and the signature have the name, whoever cannot resolve it."""
    url = f"http://api.execute-api.localhost:{receiver.port}/prod/callbacks"
    send(sms, "+14155550202", url)
    assert [e["answer"] for e in finished(simulator, "+14155550202", 2)] == [200, 200]
    call = receiver.received[0]
    assert call.headers["Host"] == f"api.execute-api.localhost:{receiver.port}"
    signature = call.headers["X-Twilio-Signature"]
    assert RequestValidator(AUTH_TOKEN).validate(url, call.form, signature)


def test_callbacks_name_the_messaging_service(
    simulator: Running, sms: Any, receiver: Receiver
) -> None:
    """It has chosen a sender by then."""
    fields = {"from_": None, "messaging_service_sid": "MG1"}
    send(sms, "+14155550203", receiver.url("/"), **fields)
    finished(simulator, "+14155550203", 2)
    form = receiver.received[0].form
    assert (form["MessagingServiceSid"], form["From"]) == ("MG1", SENDER)


@pytest.mark.parametrize(
    ("to", "statuses", "final"),
    [
        ("+15913000501", ["sent", "undelivered"], "undelivered"),
        ("+15900000001", [], "sent"),
        ("+15901000001", ["delivered", "sent", "delivered", "sent"], "delivered"),
        ("+15904000001", ["sent"], "sent"),
        ("+15970000001", ["sent", "delivered"], "delivered"),
        ("+15960010001", ["sent", "delivered"], "delivered"),
    ],
)
def test_the_number_decides_the_callbacks(
    simulator: Running, sms: Any, receiver: Receiver, to: str, statuses: list[str], final: str
) -> None:
    """And the status that the message has in the end, fetched and listed."""
    created = send(sms, to, receiver.url("/"))
    finished(simulator, to, len(statuses))
    time.sleep(0.1)
    assert [call.form["MessageStatus"] for call in receiver.received] == statuses
    assert created.status == "queued"
    assert sms.messages(created.sid).fetch().status == final
    assert [m.status for m in sms.messages.list(to=to)] == [final]


def test_an_undelivered_message_has_its_error(
    simulator: Running, sms: Any, receiver: Receiver
) -> None:
    """Only the callback that says undelivered has the code, as the message then does."""
    created = send(sms, "+15913000502", receiver.url("/"))
    log = finished(simulator, "+15913000502", 2)
    assert [e["error_code"] for e in log] == [None, 30005]
    assert [call.form.get("ErrorCode") for call in receiver.received] == [None, "30005"]
    fetched = sms.messages(created.sid).fetch()
    assert (fetched.error_code, fetched.error_message) == (30005, "Unknown destination handset")


def test_callbacks_come_before_the_answer(simulator: Running, sms: Any, receiver: Receiver) -> None:
    """Both are answered by then."""
    send(sms, "+15902000001", receiver.url("/"))
    assert len(receiver.received) == 2
    assert [e["answer"] for e in simulator.callbacks("+15902000001")] == [200, 200]


def test_callbacks_come_after_a_cut(simulator: Running, sms: Any, receiver: Receiver) -> None:
    """The only way to learn that the message was accepted."""
    with pytest.raises(requests.ConnectionError):
        send(sms, "+15903000001", receiver.url("/"))
    assert [e["answer"] for e in finished(simulator, "+15903000001", 2)] == [200, 200]
    assert simulator.outcomes("+15903000001") == [("cut-reported", None)]
    assert [m.status for m in sms.messages.list(to="+15903000001")] == ["delivered"]


@pytest.mark.parametrize("to", ["+15952000011", "+15940000011"])
def test_a_lost_answer_loses_the_callbacks(sms: Any, receiver: Receiver, to: str) -> None:
    """But the message is in the list."""
    with pytest.raises((requests.ReadTimeout, requests.ConnectionError)):
        send(sms, to, receiver.url("/"))
    time.sleep(0.2)
    assert receiver.received == []
    assert len(sms.messages.list(to=to)) == 1


def test_a_callback_that_fails_is_in_the_log(
    simulator: Running, sms: Any, receiver: Receiver
) -> None:
    """A status as it was answered; null when there was no answer, or the URL is far away."""
    receiver.answer = lambda: (503, "busy")
    send(sms, "+14155550204", receiver.url("/"))
    assert [e["answer"] for e in finished(simulator, "+14155550204", 2)] == [503, 503]
    for url in ("http://127.0.0.1:9/", "https://example.com/callbacks", "nonsense", "http://["):
        assert requests.delete(f"{simulator.url}/inbox", timeout=5).status_code == 204
        send(sms, "+14155550204", url)
        log = finished(simulator, "+14155550204", 2)
        assert [e["answer"] for e in log] == [None, None]
        assert log[0]["problem"]


def test_few_callbacks_are_under_way_at_once(
    simulator: Running, sms: Any, receiver: Receiver
) -> None:
    """No more than eight, over all messages."""
    busy: list[int] = []
    under_way: list[None] = []

    def slow() -> tuple[int, str]:
        under_way.append(None)
        busy.append(len(under_way))
        time.sleep(0.03)
        under_way.pop()
        return 200, ""

    receiver.answer = slow
    numbers = [f"+141555503{n:02}" for n in range(20)]
    for to in numbers:
        send(sms, to, receiver.url("/"))
    for to in numbers:
        assert len(finished(simulator, to, 2)) == 2
    assert max(busy) <= 8


def test_the_simulator_ends_with_callbacks_under_way() -> None:
    """At once, and without a failure."""
    with receiving() as receiver, running() as simulator:
        receiver.answer = slowly(1)
        form = {"From": SENDER, "Body": "Hello", "StatusCallback": receiver.url("/")}
        path = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"
        for n in range(12):
            answer = requests.post(
                simulator.url + path,
                data=form | {"To": f"+141555504{n:02}"},
                auth=(ACCOUNT_SID, AUTH_TOKEN),
                timeout=5,
            )
            assert answer.status_code == 201
        assert eventually(lambda: receiver.received, bool)
        started = time.monotonic()
        simulator.process.terminate()
        assert simulator.process.wait(timeout=5) == 0
        assert time.monotonic() - started < 0.9


# --- replies --------------------------------------------------------------------------------


@pytest.fixture
def reply(simulator: Running) -> Callable[..., requests.Response]:
    def post(**given: Any) -> requests.Response:
        return requests.post(f"{simulator.url}/twilio/replies", json=given, timeout=5)

    return post


def test_a_reply_is_a_signed_webhook(
    simulator: Running, receiver: Receiver, reply: Callable[..., requests.Response]
) -> None:
    """The answer says what the webhook answered; a repeated one has the same sid."""
    url = receiver.url("/incoming?a=1")
    number = {"sms_url": url}
    answer = requests.put(f"{simulator.url}/twilio/number", json=number, timeout=5)
    assert (answer.status_code, answer.json()) == (200, number)
    receiver.answer = lambda: (403, "<no/>")
    first = reply(**{"from": "+15555550201", "body": "Hi "}).json()
    assert (first["status"], first["body"]) == (403, "<no/>")
    sid = first["message_sid"]
    again = {"message_sid": sid, "opt_out_type": "HELP", "url": receiver.url("/other")}
    assert reply(**{"from": "+15555550201", "body": "INFO"}, **again).json()["message_sid"] == sid
    call, repeated = receiver.received
    assert call.form == {
        "MessageSid": sid,
        "SmsSid": sid,
        "AccountSid": ACCOUNT_SID,
        "From": "+15555550201",
        "To": SENDER,
        "Body": "Hi ",
        "NumMedia": "0",
        "NumSegments": "1",
        "ApiVersion": "2010-04-01",
    }
    assert RequestValidator(AUTH_TOKEN).validate(url, call.form, call.headers["X-Twilio-Signature"])
    assert (repeated.path, repeated.form["OptOutType"]) == ("/other", "HELP")


def test_a_reply_needs_somewhere_to_go(
    simulator: Running, reply: Callable[..., requests.Response]
) -> None:
    """Without an sms_url the answer says how to set one."""
    requests.put(f"{simulator.url}/twilio/number", json={"sms_url": None}, timeout=5)
    answer = reply(**{"from": "+15555550202", "body": "STOP"})
    assert answer.status_code == 409
    assert "PUT /twilio/number" in answer.json()["error"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("from", "5555550203"),
        ("from", None),
        ("body", None),
        ("url", "https://example.com/"),
        ("url", 5),
        ("message_sid", 5),
        ("opt_out_type", "MAYBE"),
        ("opt_out_type", []),
    ],
)
def test_a_bad_reply_names_the_field(
    reply: Callable[..., requests.Response], field: str, value: Any
) -> None:
    """422, and nothing is sent."""
    good = {"from": "+15555550203", "body": "STOP", "url": "http://127.0.0.1:9/"}
    answer = reply(**(good | {field: value}))
    assert (answer.status_code, answer.json()["field"]) == (422, field)


def test_a_bad_sms_url_is_refused(simulator: Running) -> None:
    """So are a missing one and a body that is not an object."""
    for body in ('{"sms_url": "x"}', "{}", "[]", "not JSON"):
        answer = requests.put(f"{simulator.url}/twilio/number", data=body, timeout=5)
        assert (answer.status_code, answer.json()["field"]) == (422, "sms_url")


@pytest.mark.parametrize(
    ("stop", "start"),
    [("STOP", "START"), (" unsubscribe\n", "yes"), ("Revoke", "UNSTOP"), ("OPTOUT", "Start")],
)
def test_a_number_that_replied_stop_is_refused(
    sms: Any, reply: Callable[..., requests.Response], stop: str, start: str
) -> None:
    """Until it replies START, also when no webhook took the reply."""
    person = {"from": "+15555550204", "url": "http://127.0.0.1:9/"}
    assert reply(**person, body=stop).json()["status"] is None
    with pytest.raises(TwilioRestException) as caught:
        send(sms, "+15555550204")
    assert (caught.value.code, caught.value.status) == (21610, 400)
    reply(**person, body="Why?")
    with pytest.raises(TwilioRestException):
        send(sms, "+15555550204")
    reply(**person, body=start)
    assert send(sms, "+15555550204").status == "queued"


def test_a_clear_forgets_the_stop_replies(
    simulator: Running, sms: Any, reply: Callable[..., requests.Response]
) -> None:
    """Advanced Opt-Out takes a word of one's own for STOP."""
    person = {"from": "+15555550205", "url": "http://127.0.0.1:9/"}
    reply(**person, body="ARRET", opt_out_type="STOP")
    with pytest.raises(TwilioRestException):
        send(sms, "+15555550205")
    requests.delete(f"{simulator.url}/inbox", timeout=5)
    assert send(sms, "+15555550205").status == "queued"
    assert simulator.get("/callbacks") == {"items": []}
