"""The API function over the emulator: notifications, one and in batches, their keys and limits."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from notification_core.entrypoints.http_api.fields import iso
from tests.functions.api_requests import ask, now, register
from tests.functions.lambda_calls import Api


def test_a_notification_for_a_record(api: Api, user: str, record: dict[str, Any]) -> None:
    answer = ask(api, target_user_record=record["id"], extra={"reply_to": "me@example.com"})

    [made] = answer.body["items"]
    assert answer.status == 201
    assert (made["user"], made["target"], made["status"]) == (user, record["target"], "SCHEDULED")
    assert made["extra"] == {"reply_to": "me@example.com"}
    assert (made["max_retries"], made["retry_attempts"]) == (3, 0)
    assert made["attempted_delivery"] is None
    assert made["next_attempt"] == made["scheduled_delivery"]
    assert made["timeline"][0]["event"] == "scheduled"
    assert api("GET", f"/notifications/{made['id']}").body == made


def test_a_notification_for_a_user_goes_to_every_active_record(api: Api, user: str) -> None:
    register(api, user)
    register(api, user, target="Twilio", target_user_id="+15551234567")
    register(api, user, target_user_id="off@example.com", active=False)

    everywhere = ask(api, user=user).body["items"]
    by_sms = ask(api, user=user, targets=["Twilio"]).body["items"]

    assert (len(everywhere), len(by_sms)) == (2, 1)


def test_a_time_comes_back_in_utc_and_a_past_one_means_now(api: Api, record: Any) -> None:
    base = {"target_user_record": record["id"], "title": "t", "body": "b"}
    ahead = (now() + timedelta(days=2)).replace(microsecond=0)
    local = ahead.astimezone(datetime.fromisoformat("2026-01-01T00:00:00+05:30").tzinfo)
    moved = ask(api, base | {"scheduled_delivery": local.isoformat()})
    past = ask(api, base | {"scheduled_delivery": "2001-01-01T00:00:00Z"})

    assert moved.body["items"][0]["scheduled_delivery"] == iso(ahead)
    due = datetime.fromisoformat(past.body["items"][0]["scheduled_delivery"])
    assert abs(now() - due) < timedelta(seconds=10)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 257}, "title"),
        ({"title": "two\nlines"}, "title"),
        ({"title": 5}, "title"),
        ({"title": "\ud800"}, "title"),
        ({"body": ""}, "body"),
        ({"body": "x" * (200 * 1024 + 1)}, "body"),
        ({"body": None}, "body"),
        ({"extra": {"zip": 1}}, "extra.zip"),
        ({"extra": {"reply_to": 1}}, "extra.reply_to"),
        ({"extra": {"reply_to": "x" * 33_000}}, "extra"),
        ({"extra": {"from_name": "Eggs\nBcc: b@example.com"}}, "extra.from_name"),
        ({"extra": {"from_name": "Eggs\n"}}, "extra.from_name"),
        ({"extra": {"from_name": "x" * 65}}, "extra.from_name"),
        ({"extra": {"from_name": " "}}, "extra.from_name"),
        ({"extra": []}, "extra"),
        ({"scheduled_delivery": "2026-12-01T00:00:00"}, "scheduled_delivery"),
        ({"scheduled_delivery": "tomorrow"}, "scheduled_delivery"),
        ({"scheduled_delivery": 1767225600}, "scheduled_delivery"),
        ({"scheduled_delivery": "9999-12-31T23:59:59-12:00"}, "scheduled_delivery"),
        ({"scheduled_delivery": "2036-12-31T23:59:59Z"}, "scheduled_delivery"),
        ({"deliver_before": "2001-01-01T00:00:00Z"}, "deliver_before"),
        ({"retry_time_interval": 0}, "retry_time_interval"),
        ({"retry_time_interval": 1.5}, "retry_time_interval"),
        ({"retry_time_interval": "60"}, "retry_time_interval"),
        ({"max_retries": 0}, "max_retries"),
        ({"max_retries": -1}, "max_retries"),
        ({"max_retries": True}, "max_retries"),
        ({"colour": "red"}, "colour"),
        ({"user": "somebody"}, "request"),
        ({"targets": ["Email"]}, "request"),
    ],
)
def test_a_notification_that_cannot_be(
    api: Api, record: Any, fields: dict[str, Any], field: str
) -> None:
    answer = ask(api, target_user_record=record["id"], **fields)

    assert (answer.status, answer.code, answer.fields) == (422, "invalid-input", {field})


def test_a_limit_is_named_with_the_size(api: Api, record: Any) -> None:
    answer = ask(api, target_user_record=record["id"], title="x" * 300)

    assert answer.body["errors"] == [
        {"field": "title", "message": "must be at most 256 characters, not 300"}
    ]


@pytest.mark.parametrize("size", [1, 300, 20_000, 200 * 1024])
def test_a_body_of_any_size_comes_back_whole(api: Api, record: Any, size: int) -> None:
    made = ask(api, target_user_record=record["id"], body="x" * size).body["items"][0]

    assert api("GET", f"/notifications/{made['id']}").body["body"] == "x" * size


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"target_user_record": "nothing"}, 404, "unknown-record"),
        ({"user": "nobody"}, 422, "no-active-records"),
        ({"user": "nobody", "targets": ["Fax"]}, 404, "unknown-target"),
        ({"user": "nobody", "targets": []}, 422, "invalid-input"),
        ({}, 422, "invalid-input"),
    ],
)
def test_a_notification_without_recipients_is_rejected(
    api: Api, fields: Any, status: int, code: str
) -> None:
    answer = ask(api, **fields)

    assert (answer.status, answer.code) == (status, code)


DEEP = 100_000


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "",
        "[1]",
        "null",
        '"text"',
        "NaN",
        '{"title": }',
        '{"title": ' + "9" * 5000 + "}",
        '{"extra": ' + "[" * DEEP + "]" * DEEP + "}",
        '{"extra": ' + '{"a":' * 400 + "1" + "}" * 400 + "}",
        '{"user": "u", "title": "t", "body": "b", "extra": {"a": Infinity}}',
    ],
    ids=range(11),
)
def test_a_body_that_is_not_a_json_object_is_refused(api: Api, body: str) -> None:
    answer = ask(api, body)

    assert answer.status in {400, 422}
    assert answer.code in {"malformed-json", "invalid-input"}


def test_a_request_over_a_megabyte(api: Api) -> None:
    answer = ask(api, {"title": "x" * 1024 * 1024})

    assert (answer.status, answer.fields) == (422, {"request"})


def test_the_api_returns_the_same_response_for_the_same_key_and_content(
    api: Api, user: str, record: Any
) -> None:
    del record
    later = iso(now() + timedelta(hours=1))
    first = ask(api, key=user, user=user, scheduled_delivery=later)
    register(api, user, target_user_id="another@example.com")
    again = ask(api, key=user, user=user, scheduled_delivery=later)
    other = ask(api, key=user, user=user, scheduled_delivery=later, body="Something else")

    assert (first.status, again.status) == (201, 200)
    assert first.body == again.body
    assert (other.status, other.code) == (409, "idempotency-mismatch")


def test_a_key_belongs_to_its_caller(api: Api, user: str, record: Any) -> None:
    del record
    stranger = Api(caller="arn:aws:iam::000000000000:user/stranger")

    first, second = ask(api, key=user, user=user), ask(stranger, key=user, user=user)

    assert (first.status, second.status) == (201, 201)


def test_a_batch_answers_each_item_in_order(api: Api, user: str, record: Any) -> None:
    good = {
        "target_user_record": record["id"],
        "title": "t",
        "body": "b",
        "scheduled_delivery": iso(now() + timedelta(hours=1)),
    }
    keyed = good | {"idempotency_key": "k"}
    items = [good, {"user": user}, 5, keyed, keyed, keyed | {"title": "u"}, good]

    answer = api("POST", "/notifications/batch", {"items": items})

    assert answer.status == 200
    statuses = [each["status"] for each in answer.body["items"]]
    assert statuses == [201, 422, 422, 201, 200, 409, 201]
    assert answer.body["items"][3]["notifications"] == answer.body["items"][4]["notifications"]


@pytest.mark.parametrize("items", [[], [{}] * 101, None, {}])
def test_a_batch_has_one_to_a_hundred_items(api: Api, items: Any) -> None:
    answer = api("POST", "/notifications/batch", {"items": items})

    assert (answer.status, answer.fields) == (422, {"items"})


def test_a_hundred_at_once(api: Api, user: str, record: Any) -> None:
    item = {"target_user_record": record["id"], "title": "t", "body": "b" * 500}
    item["scheduled_delivery"] = iso(now() + timedelta(hours=1))

    answer = api("POST", "/notifications/batch", {"items": [item] * 100})

    ids = {made["id"] for each in answer.body["items"] for made in each["notifications"]}
    assert len(ids) == 100
    listed = api("GET", "/notifications", query={"user": user, "limit": 100}).body
    assert {each["id"] for each in listed["items"]} == ids


def test_a_cancelled_notification_stays_cancelled(api: Api, record: Any) -> None:
    made = ask(api, target_user_record=record["id"]).body["items"][0]
    path = f"/notifications/{made['id']}/cancel"

    first, second = api("POST", path), api("POST", path)

    assert (first.status, first.body["result"]) == (200, "cancelled")
    assert first.body["notification"]["status"] == "CANCELLED"
    assert second.body["result"] == "already_final"
    assert api("POST", f"/notifications/{uuid4()}/cancel").status == 404
