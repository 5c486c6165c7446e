"""The API function over the emulator: a notification whose content is gone is still there."""

from datetime import timedelta
from typing import Any

import pytest

from notification_core.ports import Ports
from tests.functions.api_requests import register
from tests.functions.lambda_calls import Api


@pytest.fixture
def lost(api: Api, live: Ports, user: str) -> dict[str, Any]:
    """A notification for the next week, whose large content somebody removed."""
    assert register(api, user).status == 201
    asked = {"user": user, "title": "t", "body": "lorem ipsum " * 100}
    asked["scheduled_delivery"] = (live.clock() + timedelta(days=7)).isoformat()
    [made] = api("POST", "/notifications", asked).body["items"]
    assert live.contents.delete_batch(user) == 1
    found: dict[str, Any] = made
    return found


def absent(notification: dict[str, Any]) -> bool:
    """Whether its content is said to be lost: null, and not an empty text."""
    return [notification[name] for name in ("title", "body", "extra")] == [None] * 3


def test_it_is_read_listed_and_exported_without_it(
    api: Api, user: str, lost: dict[str, Any]
) -> None:
    read = api("GET", f"/notifications/{lost['id']}")
    listed = api("GET", "/notifications", query={"user": user})
    exported = api("GET", f"/users/{user}/export")

    assert (read.status, listed.status, exported.status) == (200, 200, 200)
    assert absent(read.body)
    assert read.body["status"] == "SCHEDULED"
    assert [absent(each) for each in listed.body["items"]] == [True]
    assert [absent(each) for each in exported.body["notifications"]] == [True]


def test_it_can_be_cancelled(api: Api, lost: dict[str, Any]) -> None:
    answer = api("POST", f"/notifications/{lost['id']}/cancel")

    assert (answer.status, answer.body["result"]) == (200, "cancelled")
    assert absent(answer.body["notification"])
    assert answer.body["notification"]["status"] == "CANCELLED"


def test_its_key_answers_it_again(api: Api, live: Ports, user: str) -> None:
    register(api, user)
    asked = {"user": user, "title": "t", "body": "lorem ipsum " * 100}
    key = {"Idempotency-Key": user}
    [made] = api("POST", "/notifications", asked, headers=key).body["items"]
    live.contents.delete_batch(user)

    again = api("POST", "/notifications", asked, headers=key)

    assert (again.status, [each["id"] for each in again.body["items"]]) == (200, [made["id"]])
    assert absent(again.body["items"][0])


def test_retries_that_outlast_a_content_are_refused_by_name(api: Api, user: str) -> None:
    register(api, user)
    asked = {"user": user, "title": "t", "body": "b"}

    answer = api(
        "POST", "/notifications", asked | {"retry_time_interval": 604_800, "max_retries": 100}
    )

    assert (answer.status, answer.fields) == (422, {"max_retries"})
