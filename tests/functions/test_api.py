"""The API function over the emulator: targets, addresses, consent, lists and unknown routes."""

from typing import Any
from uuid import uuid4

import pytest

from tests.functions.api_requests import ask, register
from tests.functions.lambda_calls import Api


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
def test_an_invalid_id_is_not_found(api: Api, record: Any, name: str) -> None:
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
