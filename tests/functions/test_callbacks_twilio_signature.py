"""Callbacks of Twilio: the signature, and the secret that it is checked with."""

import json
import os
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from functions.callbacks.twilio import handler
from notification_core.adapters.secrets import AGAIN, Secrets
from notification_core.domain.notification import Notification
from notification_core.domain.status import Status
from notification_core.runtime import credentials
from tests.emulator import Emulator
from tests.functions.consumers import Ahead, Consumer
from tests.functions.public import STATUS, Twilio, proxy_event
from tests.functions.targets import TWILIO_SECRET


def test_an_unsigned_callback_is_refused(twilio: Consumer, sent: Notification) -> None:
    event = proxy_event("POST", CALL.status_url(sent), STATUS, "MessageStatus=delivered")

    answer = handler.lambda_handler(event, None)

    assert answer["statusCode"] == 403
    assert json.loads(answer["body"])["title"] == "Forbidden"
    assert twilio.stored(sent) == sent


CALL = Twilio()


@pytest.mark.parametrize(
    "call",
    [
        Twilio(token="another token"),
        Twilio(headers={"X-Twilio-Signature": "bm9uc2Vuc2U="}),
        Twilio(headers={"X-Twilio-Signature": ""}),
        Twilio(headers={"X-Twilio-Signature": "ünïcode"}),
    ],
)
def test_a_forged_signature_is_refused(twilio: Consumer, sent: Notification, call: Twilio) -> None:
    assert call.says(sent, "delivered") == 403
    assert twilio.stored(sent) == sent


def test_a_changed_callback_is_refused(twilio: Consumer, sent: Notification) -> None:
    form = {"MessageSid": str(sent.provider_message_id), "MessageStatus": "undelivered"}
    changed = form | {"MessageStatus": "delivered"}

    assert CALL.post(CALL.status_url(sent), form, STATUS, sent=changed) == 403
    assert twilio.stored(sent) == sent


def test_a_signature_is_good_for_its_own_url_only(twilio: Consumer, sent: Notification) -> None:
    form = {"MessageSid": str(sent.provider_message_id), "MessageStatus": "delivered"}
    url = CALL.status_url(sent)
    others = [
        CALL.status_url(sent, attempt=2),
        url.replace("/v1/", "/"),
        url.replace("https", "http"),
        url.replace("us-east-1", "eu-west-1"),
        f"{url}?a=b",
        f"{url}/",
    ]

    assert {CALL.post(url, form, STATUS, signed=other) for other in others} == {403}
    assert CALL.post(f"{url}?a=b", form, STATUS, signed=url) == 403
    assert twilio.stored(sent) == sent
    assert CALL.post(url, form, STATUS) == 204


@pytest.mark.parametrize("quoting", [quote, quote_plus])
@pytest.mark.parametrize("values", [{"a": "b"}, {"a": "b c", "d": "é&+"}])
def test_a_query_is_part_of_what_is_signed(
    twilio: Consumer, sent: Notification, quoting: Any, values: dict[str, str]
) -> None:
    form = {"MessageSid": str(sent.provider_message_id), "MessageStatus": "delivered"}
    query = "&".join(f"{name}={quoting(value)}" for name, value in values.items())
    url = f"{CALL.status_url(sent)}?{query}"

    assert CALL.post(url, form, STATUS) == 204
    assert twilio.stored(sent).status is Status.DELIVERED


def test_a_body_may_come_in_base64(twilio: Consumer, sent: Notification) -> None:
    form = {"MessageSid": str(sent.provider_message_id), "MessageStatus": "delivered"}

    assert CALL.post(CALL.status_url(sent), form, STATUS, encoded=True) == 204
    assert twilio.stored(sent).status is Status.DELIVERED


def test_a_domain_of_ones_own_is_what_is_signed(
    twilio: Consumer, sent: Notification, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Something in front of API Gateway, which hears of its own host only."""
    form = {"MessageSid": str(sent.provider_message_id), "MessageStatus": "delivered"}
    signed = Twilio(base="https://notify.example.com/base").status_url(sent)
    assert CALL.post(CALL.status_url(sent), form, STATUS, signed=signed) == 403
    monkeypatch.setenv("PUBLIC_URL", "https://notify.example.com/base/")

    assert CALL.post(CALL.status_url(sent), form, STATUS, signed=signed) == 204
    assert twilio.stored(sent).status is Status.DELIVERED


class Counting:
    """A Secrets Manager client that counts what it is asked for."""

    def __init__(self, emulator: Emulator) -> None:
        self.client = emulator.client("secretsmanager")
        self.asked = 0
        self.clock = Ahead()

    def get_secret_value(self, **request: str) -> Any:
        """Ask."""
        self.asked += 1
        return self.client.get_secret_value(**request)


@pytest.fixture
def counting(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Counting:
    """The process's secrets, counted."""
    counting = Counting(emulator)
    kept = Secrets(lambda _: counting, counting.clock)
    monkeypatch.setattr(credentials, "secrets", lambda: kept)
    return counting


def test_a_token_that_was_changed_is_found_without_asking_at_every_forgery(
    twilio: Consumer, sent: Notification, counting: Counting
) -> None:
    assert CALL.says(sent, "sent") == 204
    assert counting.asked == 1
    new = Twilio(token="a new token")
    assert [new.says(sent, "delivered") for _ in range(20)] == [403] * 20
    assert counting.asked == 1, "once a minute"
    secret = json.dumps(TWILIO_SECRET | {"auth_token": "a new token"})
    counting.client.put_secret_value(SecretId=os.environ["SECRET_ID"], SecretString=secret)
    counting.clock.by += AGAIN

    assert new.says(sent, "delivered") == 204
    assert twilio.stored(sent).status is Status.DELIVERED
    assert CALL.says(sent, "delivered") == 403, "the old token is good for nothing"


def test_a_secret_that_cannot_be_read_is_not_twilios_fault(
    twilio: Consumer, sent: Notification, monkeypatch: pytest.MonkeyPatch
) -> None:
    del twilio
    monkeypatch.setenv("SECRET_ID", "there-is-none")

    assert CALL.says(sent, "delivered") == 503


def test_without_a_twilio_secret_foreign_calls_cause_no_error_and_few_requests(
    twilio: Consumer, sent: Notification, counting: Counting
) -> None:
    """Twilio's secret is empty until somebody fills it in, and anybody may call this."""
    name = os.environ["SECRET_ID"]
    counting.client.put_secret_value(SecretId=name, SecretString='{"auth_token": ""}')

    statuses = {CALL.says(sent, "delivered") for _ in range(50)}

    assert statuses == {404}
    assert counting.asked == 1
    assert twilio.stored(sent) == sent
    counting.client.put_secret_value(SecretId=name, SecretString=json.dumps(TWILIO_SECRET))
    counting.clock.by += AGAIN
    assert CALL.says(sent, "delivered") == 204
