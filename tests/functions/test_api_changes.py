"""The API function over the emulator: changes of notifications."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from notification_core.entrypoints.http_api.fields import iso
from tests.functions.api_requests import ask, now
from tests.functions.lambda_calls import Api


@pytest.fixture
def made(api: Api, record: Any) -> dict[str, Any]:
    """A notification that is due in an hour."""
    due, end = now() + timedelta(hours=1), now() + timedelta(hours=2)
    answer = ask(
        api,
        target_user_record=record["id"],
        scheduled_delivery=due.isoformat(),
        deliver_before=end.isoformat(),
        category="news",
        reference="order-1",
    )
    notification: dict[str, Any] = answer.body["items"][0]
    return notification


def test_a_notification_is_changed_and_read_back(api: Api, made: dict[str, Any]) -> None:
    path, later = f"/notifications/{made['id']}", now() + timedelta(minutes=90)
    changes = {"scheduled_delivery": later.isoformat(), "body": "x" * 5000, "category": None}

    first = api("PATCH", path, changes)
    again = api("PATCH", path, changes)

    changed = first.body["notification"]
    assert (first.status, first.body["result"]) == (200, "changed")
    assert (again.status, again.body) == (200, {"result": "unchanged", "notification": changed})
    assert (changed["body"], changed["category"]) == ("x" * 5000, None)
    assert changed["scheduled_delivery"] == changed["next_attempt"] == iso(later)
    same = {"title", "deliver_before", "reference", "created_at", "max_retries", "status"}
    assert {name: changed[name] for name in same} == {name: made[name] for name in same}
    assert changed["timeline"][-1]["event"] == "changed"
    assert changed["timeline"][-1]["detail"] == "body, category, scheduled_delivery"
    assert api("GET", path).body == changed


def test_the_explanation_names_the_role_that_changed_and_cancelled_it(
    api: Api, made: dict[str, Any]
) -> None:
    path = f"/notifications/{made['id']}"
    role = Api("arn:aws:sts::123456789012:assumed-role/orders/i-0abc")

    role("PATCH", path, {"title": "New"})
    role("POST", f"{path}/cancel")

    told = [decision["message"] for decision in api("GET", f"{path}/explanation").body["decisions"]]
    who = "The IAM role orders (session i-0abc)"
    assert {f"{who} changed it: title.", f"{who} cancelled it in time."} <= {*told}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({}, "request"),
        ({"title": None}, "title"),
        ({"scheduled_delivery": None}, "scheduled_delivery"),
        ({"max_retries": None}, "max_retries"),
        ({"extra": None}, "extra"),
        ({"data": {"order": 1}}, "data"),
        ({"data": {}, "title": "New"}, "title"),
        ({"user": "somebody else"}, "user"),
        ({"reference": "order-2"}, "reference"),
        ({"max_retries": 0}, "max_retries"),
        ({"scheduled_delivery": "2100-01-01T00:00:00Z"}, "scheduled_delivery"),
        ({"deliver_before": "2001-01-01T00:00:00Z"}, "deliver_before"),
        ({"extra": {"zip": 1}}, "extra.zip"),
        ({"extra": []}, "extra"),
        ({"data": None}, "data"),
        ({"body": 5}, "body"),
        ({"body": " "}, "body"),
        ({"title": "two\nlines"}, "title"),
        ({"category": ""}, "category"),
        ({"max_retries": "5"}, "max_retries"),
        ({"max_retries": 2.5}, "max_retries"),
        ({"max_retries": True}, "max_retries"),
        ({"scheduled_delivery": 1893456000}, "scheduled_delivery"),
        ({"scheduled_delivery": "2030-01-31"}, "scheduled_delivery"),
        ({"scheduled_delivery": "2030-01-31T08:00:00"}, "scheduled_delivery"),
        ({"status": "CANCELLED"}, "status"),
        ([], "request"),
    ],
)
def test_a_change_that_is_not_valid_is_refused_and_changes_nothing(
    api: Api, made: dict[str, Any], changes: Any, field: str
) -> None:
    answer = api("PATCH", f"/notifications/{made['id']}", changes)

    assert answer.status == 422
    assert field in [error["field"] for error in answer.body["errors"]]
    assert api("GET", f"/notifications/{made['id']}").body == made


def test_a_cancelled_notification_is_not_changed(api: Api, made: dict[str, Any]) -> None:
    path = f"/notifications/{made['id']}"
    cancelled = api("POST", f"{path}/cancel").body["notification"]

    answer = api("PATCH", path, {"title": "New"})

    assert answer.status == 200
    assert answer.body == {"result": "already_final", "notification": cancelled}


def test_what_the_user_has_refused_is_not_changed(
    api: Api, user: str, made: dict[str, Any]
) -> None:
    api("PUT", f"/opt-outs/{user}", {"active": True, "categories": ["offers"]})

    answer = api("PATCH", f"/notifications/{made['id']}", {"category": "offers"})

    assert (answer.status, answer.body["type"]) == (409, "urn:notifications:problem:opted-out")


def test_an_unknown_notification_is_not_found(api: Api) -> None:
    assert api("PATCH", f"/notifications/{uuid4()}", {"title": "New"}).status == 404
