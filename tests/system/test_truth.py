"""The status tells the truth: confirmations, dead addresses, broken credentials, time-outs."""

from collections import Counter
from typing import Any

import pytest
import requests
from twilio.request_validator import RequestValidator

from tests.system.conftest import System, wait_for

pytestmark = pytest.mark.stack

DEAD = "DeviceNotRegistered"


def events(notification: dict[str, Any]) -> list[str]:
    """The words of a timeline."""
    return [entry["event"] for entry in notification["timeline"]]


@pytest.mark.parametrize(
    ("number", "status", "timeline"),
    [
        ("+15913000501", "INACTIVE DEVICE", ["sent", "inactive_device"]),
        ("+15913000701", "DELIVERY FAILURE", ["sent", "delivery_failure"]),
        ("+15901000001", "DELIVERED", ["sent", "delivered"]),
        ("+15902000001", "DELIVERED", ["claimed", "sent", "delivered"]),
        ("+15903000001", "DELIVERED", ["unknown", "sent", "delivered"]),
    ],
)
def test_twilio_reports_the_outcome_of_a_message(
    system: System, user: str, number: str, status: str, timeline: list[str]
) -> None:
    """By callback: dead, filtered, doubled and out of order, overtaking, after a cut."""
    record = system.register(user, "Twilio", number)
    [asked] = system.notify(user=user)

    wait_for(lambda: system.read(asked)["status"] == status)

    ended = system.read(asked)
    assert ended["confirmation"] == "received"
    assert events(ended)[-len(timeline) :] == timeline
    assert system.record(record)["active"] is (status != "INACTIVE DEVICE")
    assert len(system.inbox(number)) == 1


def test_a_forged_callback_changes_nothing(system: System, user: str) -> None:
    system.register(user, "Twilio", "+15900000002")
    [sent] = [system.gone(each) for each in system.notify(user=user)]
    url = f"{system.access['api_url']}/callbacks/twilio/status/{sent['id']}/1?a=1&b=2%203"
    form = {"MessageSid": sent["provider_message_id"], "MessageStatus": "delivered"}

    def call(signature: str, to: str = url) -> int:
        headers = {"X-Twilio-Signature": signature}
        return requests.post(to, data=form, headers=headers, timeout=10).status_code

    token = system.secret("twilio")["auth_token"]
    real = RequestValidator(token).compute_signature(url, form)
    forged = RequestValidator("another token").compute_signature(url, form)

    assert requests.post(url, data=form, timeout=10).status_code == 403
    assert call(forged) == 403
    assert call(real, url.replace("a=1", "a=2")) == 403
    assert call(real, url.replace("/1?", "/2?")) == 403
    assert system.read(sent)["status"] == "SENT"
    assert call(real) == 204
    assert system.read(sent)["status"] == "DELIVERED"


def test_expo_is_asked_for_receipts_and_a_dead_token_is_switched_off(
    system: System, user: str
) -> None:
    tokens = {
        f"ExponentPushToken[{user}]": "DELIVERED",
        f"ExponentPushToken[receipt-{DEAD}-{user}]": "INACTIVE DEVICE",
        f"ExponentPushToken[receipt-MessageTooBig-{user}]": "DELIVERY FAILURE",
        f"ExponentPushToken[never-{user}]": "SENT",
    }
    records = {token: system.register(user, "Expo", token) for token in tokens}
    of_record = {record: tokens[token] for token, record in records.items()}
    asked = [system.gone(each) for each in system.notify(user=user)]
    assert {each["status"] for each in asked} == {"SENT"}

    def found() -> dict[str, str]:
        return {each["target_user_record"]: system.read(each)["status"] for each in asked}

    with system.later(minutes=16):
        wait_for(lambda: found() == of_record)
        assert system.read(asked[0])["attempted_delivery"] < system.read(asked[0])["updated_at"]
    with system.later(hours=25):
        wait_for(
            lambda: "none" in {system.read(each)["confirmation"] for each in asked},
        )

    assert found() == of_record
    dead = system.record(records[f"ExponentPushToken[receipt-{DEAD}-{user}]"])
    assert (dead["active"], dead["deactivation"]["code"]) == (False, DEAD)
    changed = system.api("PATCH", f"/target-user-records/{dead['id']}", {"active": True}).body
    assert (changed["active"], changed["deactivation"]) == (True, None)


@pytest.mark.parametrize(
    ("local_part", "status", "active", "strikes"),
    [
        ("bounce-Permanent-General", "INACTIVE DEVICE", False, 0),
        ("bounce-Transient-MailboxFull", "DELIVERY FAILURE", True, 1),
        ("bounce-Undetermined-Undetermined", "DELIVERY FAILURE", True, 1),
        ("delay", "DELIVERED", True, 0),
        ("reject", "DELIVERY FAILURE", True, 0),
        ("complaint", "DELIVERED", True, 0),
    ],
)
def test_ses_reports_the_outcome_of_a_mail(
    system: System, user: str, local_part: str, status: str, *, active: bool, strikes: int
) -> None:
    record = system.register(user, "Email", f"{local_part}-{user[-12:]}@example.com")

    [ended] = [system.ended(each) for each in system.notify(user=user)]

    assert ended["status"] == status
    found = system.record(record)
    assert (found["active"], found["strikes"]) == (active, strikes)


def test_an_expired_token_fails_nothing_and_all_goes_once_it_is_mended(
    system: System, user: str
) -> None:
    number = "+15551230077"
    record = system.register(user, "Twilio", number)
    item = {"target_user_record": record, "title": "t", "body": "b"}

    system.simulator("PUT", "/twilio/account", {"auth_token": "a-new-one"})
    system.api("POST", "/notifications/batch", {"items": [item] * 30})
    wait_for(lambda: system.target("Twilio")["state"] == "paused")
    paused = system.target("Twilio")["pause"]
    system.tick()
    assert (paused["by"], paused["code"]) == ("fault", "20003")
    assert paused["docs_url"].endswith("/20003")
    assert system.inbox(number) == []
    system.put_secret("twilio", auth_token="a-new-one")
    with system.later(minutes=2):
        system.tick()  # the next probe
        wait_for(lambda: system.target("Twilio")["state"] == "active")
        system.tick()
        wait_for(lambda: statuses(system, user) == {"DELIVERED": 30})

    ended = list(system.api.listed("/notifications", user=user))
    assert {each["retry_attempts"] for each in ended} == {0}
    assert len(system.inbox(number)) == 30


def statuses(system: System, user: str) -> Counter[str]:
    """How many notifications of a user stand where."""
    return Counter(each["status"] for each in system.api.listed("/notifications", user=user))


def test_a_person_pauses_a_target_and_resumes_it(system: System, user: str) -> None:
    system.register(user, "Expo", f"ExponentPushToken[{user}]")
    expo = system.target("Expo")["id"]

    answer = system.api("POST", f"/targets/{expo}/pause", {"reason": "maintenance"})
    assert (answer.status, answer.body["state"]) == (200, "paused")
    assert answer.body["pause"]["reason"] == "maintenance"
    [asked] = system.notify(user=user)
    system.tick()
    assert system.read(asked)["status"] == "SCHEDULED"
    reason = system.api("GET", f"/notifications/{asked['id']}/explanation").body
    assert reason["next_step"] == "Resume the target when the reason is gone."
    assert system.api("POST", f"/targets/{expo}/resume").body["state"] == "active"
    system.tick()

    assert system.gone(asked)["status"] == "SENT"


@pytest.mark.parametrize(
    ("target", "address", "status", "copies"),
    [
        ("Twilio", "+15940000011", "UNKNOWN", 1),
        ("Expo", "ExponentPushToken[cut-{}]", "UNKNOWN", 2),
        ("Email", "cut-{}@example.com", "UNKNOWN", 2),
    ],
)
def test_a_message_without_a_response_is_sent_as_often_as_its_policy_allows(
    system: System, user: str, target: str, address: str, status: str, copies: int
) -> None:
    address = address.format(user)
    system.register(user, target, address)

    [ended] = [system.ended(each) for each in system.notify(user=user, retry_time_interval=1)]

    assert ended["status"] == status
    assert len(system.inbox(address)) == copies
    assert events(ended).count("possibly_sent") == copies - 1


def test_the_explanation_has_the_decisions_and_their_reasons_in_order(
    system: System, user: str
) -> None:
    system.register(user, "Twilio", "+15005550009")
    [ended] = [system.ended(each) for each in system.notify(user=user)]

    said = system.api("GET", f"/notifications/{ended['id']}/explanation").body

    about = [decision["topic"] for decision in said["decisions"]]
    assert about == ["consent", "record", "schedule", "schedule", "attempt", "record"]
    assert said["decisions"][-1]["docs_url"] == "https://www.twilio.com/docs/api/errors/21614"
    assert said["address"] == "+1500•••0009"
    assert "+15005550009" not in str(said)
