"""The simulator's Expo receipts that do not come at once."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from exponent_server_sdk import PushClient, PushMessage

from infra.simulator.settings import EXPO_ACCESS_TOKEN
from tests.simulator import Running


@pytest.fixture
def push(simulator: Running) -> Iterator[Any]:
    with requests.Session() as session:
        headers = {"Authorization": f"Bearer {EXPO_ACCESS_TOKEN}"}
        session.headers.update(headers | {"Content-Type": "application/json"})
        yield PushClient(host=simulator.url, session=session, timeout=5)


def publish(client: Any, *words: str) -> list[Any]:
    messages = [PushMessage(to=f"ExponentPushToken[{word}]", body="x") for word in words]
    return list(client.publish_multiple(messages))


def test_a_receipt_never_appears(simulator: Running, push: Any) -> None:
    """The ticket is ok and the message is in the inbox."""
    never, usual = publish(push, "never-a", "device-a")
    assert never.is_success()
    for _ in range(3):
        receipts = push.check_receipts_multiple([never, usual])
        assert [(r.id, r.status) for r in receipts] == [(usual.id, "ok")]
    assert len(simulator.inbox("ExponentPushToken[never-a]")) == 1
    assert simulator.outcomes("ExponentPushToken[never-a]") == [("ok", 200)]


def test_a_receipt_appears_later(push: Any) -> None:
    """Each ticket counts for itself, also for the same token."""
    first, second = publish(push, "later-2-a", "later-2-a")
    assert [push.check_receipts_multiple([first]) for _ in range(2)] == [[], []]
    for _ in range(2):
        [receipt] = push.check_receipts_multiple([first, second])
        assert (receipt.id, receipt.status) == (first.id, "ok")
    assert len(push.check_receipts_multiple([first, second])) == 2


def test_each_question_for_receipts_is_in_the_request_log(simulator: Running, push: Any) -> None:
    """With how many ids it asked for; the refused ones too."""
    requests.delete(f"{simulator.url}/inbox", timeout=5)
    push.check_receipts_multiple(publish(push, "device-b", "device-c"))
    url = f"{simulator.url}/--/api/v2/push/getReceipts"
    requests.post(url, json={"ids": ["x"] * 1001}, timeout=5)
    requests.post(url, data="no JSON", timeout=5)
    requests.post(url, json={"ids": []}, headers={"Authorization": "Bearer wrong"}, timeout=5)
    entries = [e for e in simulator.get("/requests")["items"] if e["outcome"] == "receipts"]
    assert {(e["target"], e["to"]) for e in entries} == {("expo", "")}
    assert [(e["status"], e["ids"]) for e in entries] == [(200, 2), (400, 1001), (400, 0), (401, 0)]
