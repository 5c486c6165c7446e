"""The simulator's Twilio, through the SDK and real sockets."""

import contextlib
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from infra.simulator.outcomes import (
    MAGIC_NUMBERS,
)
from infra.simulator.settings import ACCOUNT_SID, AUTH_TOKEN
from tests.simulator import SHORT, Running

SENDER = "+15005550006"


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


def to_phone(client: Any, to: str, **fields: Any) -> Any:
    return client.messages.create(**({"to": to, "from_": SENDER, "body": "Hello"} | fields))


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
