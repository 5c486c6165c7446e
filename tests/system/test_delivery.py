"""The main job on the deployed stack: API, tables, queues, functions, providers."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.system.conftest import System, wait_for

pytestmark = pytest.mark.stack

ADDRESSES = {
    "Email": "{}@example.com",
    "Twilio": "+1555{:07}",
    "Expo": "ExponentPushToken[{}]",
}


def lateness(notification: dict[str, Any]) -> timedelta:
    """How long after its time it was claimed."""
    claimed = datetime.fromisoformat(notification["attempted_delivery"])
    return claimed - datetime.fromisoformat(notification["scheduled_delivery"])


def test_one_request_reaches_every_address_of_a_user(system: System, user: str) -> None:
    addresses = [f"{user}@example.com", "+15551110001", f"ExponentPushToken[{user}]"]
    for target, address in zip(ADDRESSES, addresses, strict=True):
        system.register(user, target, address)

    gone = {each["target"]: each for each in map(system.gone, system.notify(user=user))}
    expo = gone.pop(system.target("Expo")["id"])

    assert [system.ended(each)["status"] for each in gone.values()] == ["DELIVERED"] * 2
    assert (expo["status"], expo["confirmation"]) == ("SENT", "awaited")
    assert [len(system.inbox(address)) for address in addresses] == [1, 1, 1]


def test_a_notification_goes_within_two_seconds_of_the_asked_one(system: System, user: str) -> None:
    system.register(user, "Expo", f"ExponentPushToken[{user}]")
    due = (datetime.now(UTC) + timedelta(seconds=6)).replace(microsecond=0)
    [asked] = system.notify(user=user, scheduled_delivery=due.isoformat())
    assert system.read(asked)["status"] == "SCHEDULED"

    ended = system.gone(asked)

    assert ended["status"] == "SENT"
    assert timedelta(0) <= lateness(ended) < timedelta(seconds=2)


def test_a_large_body_arrives_whole(system: System, user: str) -> None:
    system.register(user, "Email", f"{user}@example.com")
    body = "word " * 30_000

    [ended] = [system.ended(each) for each in system.notify(user=user, body=body)]

    assert (ended["status"], ended["body"]) == ("DELIVERED", body)
    [mail] = system.inbox(f"{user}@example.com")
    assert mail["body"].split() == body.split()


def test_it_fails_twice_and_then_succeeds(system: System, user: str) -> None:
    system.register(user, "Twilio", "+15970200042")

    [ended] = [system.ended(each) for each in system.notify(user=user, retry_time_interval=1)]

    assert (ended["status"], ended["retry_attempts"]) == ("DELIVERED", 2)
    events = [entry["event"] for entry in ended["timeline"]]
    assert events == ["scheduled", *["claimed", "retry"] * 2, "claimed", "sent", "delivered"]
    assert len(system.inbox("+15970200042")) == 1


def test_a_dead_address_is_switched_off(system: System, user: str) -> None:
    record = system.register(user, "Twilio", "+15005550001")

    [ended] = [system.ended(each) for each in system.notify(user=user)]

    assert (ended["status"], ended["last_error"]["code"]) == ("INACTIVE DEVICE", "21211")
    assert system.api("GET", f"/target-user-records/{record}").body["active"] is False


def test_nothing_goes_out_after_an_opt_out_or_a_cancellation(system: System, user: str) -> None:
    for name in (user, f"other-{user}"):
        system.register(name, "Email", f"{name}@example.com")
    due = (datetime.now(UTC) + timedelta(seconds=4)).isoformat()
    [opted_out] = system.notify(user=user, scheduled_delivery=due)
    [cancelled] = system.notify(user=f"other-{user}", scheduled_delivery=due)
    [sentinel] = system.notify(user=f"other-{user}", scheduled_delivery=due, title="Sentinel")

    assert system.api("PUT", f"/opt-outs/{user}", {"active": True}).body["opted_out"] == 1
    answer = system.api("POST", f"/notifications/{cancelled['id']}/cancel")
    assert answer.body["result"] == "cancelled"

    assert system.ended(sentinel)["status"] == "DELIVERED"
    assert system.read(opted_out)["status"] == "OPTED OUT"
    assert system.inbox(f"{user}@example.com") == []
    assert [each["title"] for each in system.inbox(f"other-{user}@example.com")] == ["Sentinel"]


def test_a_record_that_was_removed_ends_what_waits_for_it(system: System, user: str) -> None:
    record = system.register(user, "Email", f"{user}@example.com")
    due = (datetime.now(UTC) + timedelta(seconds=2)).isoformat()
    [asked] = system.notify(user=user, scheduled_delivery=due)
    system.api("DELETE", f"/target-user-records/{record}")

    ended = system.ended(asked)

    assert (ended["status"], system.inbox(f"{user}@example.com")) == ("INACTIVE DEVICE", [])


def test_a_thousand_are_delivered_once_each_whatever_is_doubled(system: System, user: str) -> None:
    token = f"ExponentPushToken[{user}]"
    record = system.register(user, "Expo", token)
    due = (datetime.now(UTC) + timedelta(seconds=8)).isoformat()
    item = {"target_user_record": record, "body": "one", "scheduled_delivery": due}
    for batch in range(10):
        items = [item | {"title": f"{batch}-{n}"} for n in range(100)]
        answer = system.api("POST", "/notifications/batch", {"items": items})
        assert {each["status"] for each in answer.body["items"]} == {201}
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: system.invoke("Dispatcher"), range(3)))
    double_queue(system, "expo")

    def statuses() -> Counter[str]:
        return Counter(
            each["status"] for each in system.api.listed("/notifications", user=user, limit=100)
        )

    wait_for(lambda: statuses() == {"SENT": 1000})
    titles = Counter(each["title"] for each in system.inbox(token))
    assert (len(titles), set(titles.values())) == (1000, {1})
    assert all(
        lateness(each) >= timedelta(0)
        for each in system.api.listed("/notifications", user=user, limit=100)
    )

    with system.later(minutes=16):
        wait_for(lambda: statuses() == {"DELIVERED": 1000})
    receipts = [
        each
        for each in system.simulator("GET", "/requests?to=")["items"]
        if each["outcome"] == "receipts"
    ]
    assert 100 < max(receipt["ids"] for receipt in receipts) <= 1000


def double_queue(system: System, module: str) -> None:
    """Send every message of a queue once more."""
    sqs = system.client("sqs")
    url = sqs.get_queue_url(QueueName=f"{system.access['stack_name']}-deliver-{module}")["QueueUrl"]
    found = requests_json(f"{system.access['endpoint_url']}/_ministack/sqs/messages")["messages"]
    for queues in (queues for regions in found.values() for queues in regions.values()):
        for name, messages in queues.items():
            if name.endswith(f"-deliver-{module}"):
                for message in messages:
                    sqs.send_message(QueueUrl=url, MessageBody=message["Body"])


def requests_json(url: str) -> Any:
    """Read a page of the emulator."""
    import requests  # noqa: PLC0415

    return requests.get(url, timeout=10).json()
