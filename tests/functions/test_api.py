"""The API function over the emulator: each route, each error code, each limit."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from notification_core.entrypoints.http_api.fields import iso
from tests.functions.conftest import Answer, Api


def now() -> datetime:
    """The present, as a caller's clock has it."""
    return datetime.now(UTC)


@pytest.fixture
def record(api: Api, user: str) -> Any:
    """An address of the user."""
    return register(api, user).body


def register(api: Api, user: str, **changes: Any) -> Answer:
    """Register an address."""
    body = {"user": user, "target": "Email", "target_user_id": f"{user}@example.com"}
    return api("POST", "/target-user-records", body | changes)


def ask(api: Api, sent: Any = None, key: str | None = None, **fields: Any) -> Answer:
    """Ask for a notification that is not due soon."""
    later = {"scheduled_delivery": iso(now() + timedelta(hours=1))}
    content = sent if sent is not None else {"title": "Hello", "body": "There"} | later | fields
    return api("POST", "/notifications", content, headers={"Idempotency-Key": key} if key else {})


def test_every_deployment_has_three_targets(api: Api) -> None:
    targets = {each["name"]: each for each in api("GET", "/targets").body["items"]}

    assert {"Email", "Twilio", "Expo"} <= targets.keys()
    one = api("GET", f"/targets/{targets['Email']['id']}")
    assert (one.status, one.body["notification_module_name"]) == (200, "email")


def test_a_target_is_added_changed_and_removed(api: Api) -> None:
    name = f"Newsletter {uuid4()}"
    added = api("POST", "/targets", {"name": name, "notification_module_name": "email"})
    path = f"/targets/{added.body['id']}"
    changed = api("PATCH", path, {"name": f"{name}!"})

    assert (added.status, changed.status, changed.body["name"]) == (201, 200, f"{name}!")
    assert api("DELETE", path).status == 204
    assert (api("GET", path).status, api("DELETE", path).code) == (404, "not-found")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"name": "Email", "notification_module_name": "email"}, 409, "name-taken"),
        ({"name": "New", "notification_module_name": "fax"}, 422, "unknown-module"),
        ({"name": "", "notification_module_name": "email"}, 422, "invalid-input"),
        ({"name": " ", "notification_module_name": "email"}, 422, "invalid-input"),
        ({"name": "x" * 129, "notification_module_name": "email"}, 422, "invalid-input"),
    ],
)
def test_a_target_that_cannot_be(api: Api, body: Any, status: int, code: str) -> None:
    answer = api("POST", "/targets", body)

    assert (answer.status, answer.code) == (status, code)


def test_a_target_is_checked_when_it_is_changed(api: Api) -> None:
    body = {"name": f"Mine {uuid4()}", "notification_module_name": "email"}
    path = f"/targets/{api('POST', '/targets', body).body['id']}"

    assert api("PATCH", path, {"notification_module_name": "fax"}).code == "unknown-module"
    assert api("PATCH", path, {"name": "Twilio"}).code == "name-taken"
    assert api("PATCH", path, {"name": None}).code == "invalid-input"
    assert api("PATCH", path, {}).code == "invalid-input"


def test_a_target_in_use_is_not_removed(api: Api, record: dict[str, Any]) -> None:
    answer = api("DELETE", f"/targets/{record['target']}")

    assert (answer.status, answer.code) == (409, "target-in-use")


def test_a_record_is_registered_changed_and_removed(api: Api, user: str) -> None:
    made = register(api, user, description="home")
    path = f"/target-user-records/{made.body['id']}"
    changed = api("PATCH", path, {"active": False, "target_user_id": "new@example.com"})

    assert made.status == 201
    assert (changed.body["active"], changed.body["target_user_id"]) == (False, "new@example.com")
    assert changed.body["description"] == "home"
    listed = api("GET", "/target-user-records", query={"user": user}).body
    assert listed == {"items": [changed.body], "next": None}
    assert api("DELETE", path).status == 204
    assert api("GET", path).status == 404


def test_the_same_address_twice_is_a_conflict(api: Api, user: str, record: Any) -> None:
    del record
    answer = register(api, user)

    assert (answer.status, answer.code) == (409, "record-exists")


def test_a_record_names_its_target_by_id_as_well(api: Api, user: str, record: Any) -> None:
    answer = register(api, user, target=record["target"], target_user_id="other@example.com")

    assert answer.status == 201


@pytest.mark.parametrize(
    ("target", "address"),
    [
        ("Email", "not an address"),
        ("Email", "a@b"),
        ("Email", "a@example.com\nBcc: b@example.com"),
        ("Twilio", "5551234567"),
        ("Twilio", "+1555123456789012"),
        ("Expo", "ExponentPushToken"),
        ("Expo", "ExponentPushToken[]"),
    ],
)
def test_an_address_that_cannot_be_delivered_to(
    api: Api, user: str, target: str, address: str
) -> None:
    answer = register(api, user, target=target, target_user_id=address)

    assert (answer.status, answer.fields) == (422, {"target_user_id"})


def test_a_record_in_no_target(api: Api, user: str) -> None:
    answer = register(api, user, target="Pigeon")

    assert (answer.status, answer.code) == (404, "unknown-target")


def test_records_page_by_page(api: Api, user: str) -> None:
    for n in range(3):
        register(api, user, target_user_id=f"{n}@example.com")
    query = {"user": user, "limit": 2}
    first = api("GET", "/target-user-records", query=query).body
    rest = api("GET", "/target-user-records", query=query | {"next": first["next"]}).body

    seen = [each["target_user_id"] for each in first["items"] + rest["items"]]
    assert sorted(seen) == [f"{n}@example.com" for n in range(3)]
    assert rest["next"] is None


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
def test_a_notification_for_nobody(api: Api, fields: Any, status: int, code: str) -> None:
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
def test_a_body_that_is_no_json_object(api: Api, body: str) -> None:
    answer = ask(api, body)

    assert answer.status in {400, 422}
    assert answer.code in {"malformed-json", "invalid-input"}


def test_a_request_over_a_megabyte(api: Api) -> None:
    answer = ask(api, {"title": "x" * 1024 * 1024})

    assert (answer.status, answer.fields) == (422, {"request"})


def test_the_same_key_and_content_answer_again(api: Api, user: str, record: Any) -> None:
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


def test_an_opt_out_ends_what_waits_and_refuses_what_comes(
    api: Api, user: str, record: Any
) -> None:
    made = ask(api, target_user_record=record["id"]).body["items"][0]

    opted_out = api("PUT", f"/opt-outs/{user}", {"active": True})
    refused = ask(api, user=user)
    ended = api("PUT", f"/opt-outs/{user}", {"active": False})

    assert (opted_out.status, opted_out.body["opted_out"]) == (200, 1)
    assert (refused.status, refused.code) == (409, "opted-out")
    assert (ended.body["active"], ended.body["opted_out"]) == (False, 0)
    assert ended.body["created_at"] == opted_out.body["created_at"]
    assert api("GET", f"/notifications/{made['id']}").body["status"] == "OPTED OUT"
    assert ask(api, user=user).status == 201


@pytest.mark.parametrize("name", ["a/b", "a%2Fb", "ü & ?", "100%", "x" * 128])
def test_a_user_id_may_hold_anything(api: Api, name: str) -> None:
    answer = api("PUT", f"/opt-outs/{name}", {"active": True})

    assert answer.status == 200
    assert api("GET", f"/opt-outs/{name}").body["user"] == answer.body["user"]


def test_an_opt_out_that_was_never_set(api: Api, user: str) -> None:
    assert api("GET", f"/opt-outs/{user}").status == 404
    assert api("PUT", f"/opt-outs/{user}", {"active": "yes"}).fields == {"active"}
    assert api("PUT", f"/opt-outs/{'x' * 129}", {"active": True}).fields == {"user"}


def test_notifications_are_listed_by_status(api: Api, user: str, record: Any) -> None:
    made = [ask(api, target_user_record=record["id"]).body["items"][0] for _ in range(3)]
    api("POST", f"/notifications/{made[1]['id']}/cancel")

    def ids(**query: Any) -> list[str]:
        answer = api("GET", "/notifications", query={"user": user} | query)
        return [each["id"] for each in answer.body["items"]]

    assert ids(status="CANCELLED") == [made[1]["id"]]
    assert set(ids(status="SCHEDULED")) == {made[0]["id"], made[2]["id"]}
    assert set(ids()) == {each["id"] for each in made}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "user"),
        ({"user": "u", "limit": 0}, "limit"),
        ({"user": "u", "limit": 101}, "limit"),
        ({"user": "u", "limit": "x"}, "limit"),
        ({"user": "u", "status": "LOST"}, "status"),
        ({"user": "u", "next": "nonsense"}, "next"),
    ],
)
def test_a_listing_that_cannot_be(api: Api, query: dict[str, Any], field: str) -> None:
    answer = api("GET", "/notifications", query=query)

    assert (answer.status, answer.fields) == (422, {field})


def test_a_route_that_is_not_there(api: Api) -> None:
    answer = api("GET", "/nowhere")

    assert (answer.status, answer.code) == (404, "not-found")
    assert answer.headers["Content-Type"] == ["application/problem+json"]


@pytest.mark.parametrize("name", ["x" * 3000, "ü", "%00", "..", "a b"])
def test_an_id_that_can_be_none(api: Api, record: Any, name: str) -> None:
    for path in ("/notifications", "/target-user-records", "/targets"):
        assert api("GET", f"{path}/{name}").status == 404
    assert api("POST", f"/notifications/{name}/cancel").status == 404
    assert ask(api, target_user_record=name).status in {404, 422}
    assert api("GET", f"/opt-outs/{name}").status in {404, 422}
    assert record["active"]


def test_a_page_stays_under_what_a_function_may_answer(api: Api, user: str, record: Any) -> None:
    for _ in range(20):
        ask(api, target_user_record=record["id"], body="x" * 200 * 1024)
    sizes, seen, after = [], set(), None
    for _ in range(20):
        query = {"user": user, "limit": 100} | ({"next": after} if after else {})
        page = api("GET", "/notifications", query=query).body
        sizes.append(len(str(page)))
        seen |= {each["id"] for each in page["items"]}
        after = page["next"]
        if after is None:
            break

    assert len(seen) == 20
    assert max(sizes) < 5 * 1024 * 1024
