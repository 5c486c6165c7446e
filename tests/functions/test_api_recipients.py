"""The API function over the emulator: many addresses at once, and recipients named by address."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from tests.functions.api_requests import ask, register
from tests.functions.lambda_calls import Answer, Api


def email(user: str, **changes: Any) -> dict[str, Any]:
    """A request to register an e-mail address."""
    return {"user": user, "target": "Email", "target_user_id": f"{user}@example.com"} | changes


def register_batch(api: Api, *items: Any) -> Answer:
    """Register many addresses."""
    return api("POST", "/target-user-records/batch", {"items": list(items)})


def code(item: dict[str, Any]) -> str:
    """The code of an item's problem."""
    return str(item["problem"]["type"]).rpartition(":")[2]


def records_of(api: Api, user: str) -> list[dict[str, Any]]:
    """A user's records."""
    listed: list[dict[str, Any]]
    listed = api("GET", "/target-user-records", query={"user": user}).body["items"]
    return listed


def test_a_batch_of_addresses_is_registered_in_order(api: Api, user: str) -> None:
    answer = register_batch(api, *(email(f"{user}-{n}", description=str(n)) for n in range(100)))

    assert answer.status == 200
    assert [item["status"] for item in answer.body["items"]] == [201] * 100
    assert [item["record"]["description"] for item in answer.body["items"]] == [
        str(n) for n in range(100)
    ]
    assert {item["problem"] for item in answer.body["items"]} == {None}
    assert records_of(api, f"{user}-99") == [answer.body["items"][99]["record"]]


def test_a_repeated_batch_returns_the_records_that_exist(api: Api, user: str) -> None:
    existing = register(api, user).body
    items = [email(user, description="other"), email(f"{user}-b")]

    first, second = register_batch(api, *items).body, register_batch(api, *items).body

    assert [item["status"] for item in first["items"]] == [200, 201]
    assert [item["status"] for item in second["items"]] == [200, 200]
    assert first["items"][0]["record"] == existing
    assert second["items"][1]["record"] == first["items"][1]["record"]


def test_an_invalid_item_has_a_problem_and_no_record(api: Api, user: str) -> None:
    answer = register_batch(
        api,
        email(user),
        email(user, target="Fax"),
        email(user, target_user_id="nowhere"),
        "text",
        {"user": user},
        email(user, colour="red"),
        email(f"{user}-b"),
    )

    items = answer.body["items"]
    assert [item["status"] for item in items] == [201, 404, 422, 422, 422, 422, 201]
    assert [code(item) for item in items[1:6]] == ["unknown-target", *["invalid-input"] * 4]
    assert all(item.keys() == {"status", "record", "problem"} for item in items)
    assert {item["record"] for item in items[1:6]} == {None}
    assert items[2]["problem"]["errors"][0]["field"] == "target_user_id"


@pytest.mark.parametrize("count", [0, 101])
def test_a_batch_has_1_to_100_addresses(api: Api, count: int) -> None:
    answer = register_batch(api, *(email(f"user-{n}") for n in range(count)))

    assert (answer.status, answer.fields) == (422, {"items"})


def test_an_address_is_registered_by_its_first_notification(api: Api) -> None:
    address = f"Ann-{uuid4()}@Example.com"

    answer = ask(api, to=[{"target": "Email", "address": address}])

    [created] = answer.body["items"]
    [record] = records_of(api, address.lower())
    assert (answer.status, created["user"]) == (201, address.lower())
    assert (record["id"], record["target_user_id"]) == (created["target_user_record"], address)


def test_recipients_in_several_targets_are_found_again(api: Api, user: str) -> None:
    phone = f"+1555{uuid4().int % 10**7:07}"
    to = [
        {"target": "Email", "address": f"{user}@example.com", "user": user},
        {"target": "Twilio", "address": phone},
    ]
    existing = register(api, user).body

    first, second = ask(api, to=to).body["items"], ask(api, to=to).body["items"]

    assert [one["target_user_record"] for one in first] == [
        one["target_user_record"] for one in second
    ]
    assert first[0]["target_user_record"] == existing["id"]
    assert first[1]["user"] == phone


def test_a_repeated_key_returns_the_same_notifications(api: Api, user: str) -> None:
    key = str(uuid4())
    body = {
        "to": [{"target": "Email", "address": f"{user}@example.com"}],
        "title": "Hello",
        "body": "There",
    }

    first, second = ask(api, body, key), ask(api, body, key)

    assert (first.status, second.status) == (201, 200)
    assert first.body["items"][0]["id"] == second.body["items"][0]["id"]


def test_requests_at_the_same_time_find_one_record(api: Api, user: str) -> None:
    to = [{"target": "Email", "address": f"{user}@example.com"}]

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: ask(api, to=to), range(8)))

    assert [answer.status for answer in answers] == [201] * 8
    [record] = records_of(api, f"{user}@example.com")
    assert {answer.body["items"][0]["target_user_record"] for answer in answers} == {record["id"]}


def test_an_opt_out_of_another_user_with_the_address_refuses_the_request(
    api: Api, user: str
) -> None:
    register(api, user)
    api("PUT", f"/opt-outs/{user}", {"active": True, "categories": ["news"]})
    to = [{"target": "Email", "address": f"{user}@EXAMPLE.com"}]

    refused = ask(api, to=to, category="news")

    assert (refused.status, refused.code, refused.fields) == (409, "opted-out", {"to.0"})
    assert records_of(api, f"{user}@example.com") == []
    assert ask(api, to=to, category="receipts").status == 201


def test_a_record_that_was_switched_off_is_named(api: Api, user: str) -> None:
    record = register(api, f"{user}@example.com", target_user_id=f"{user}@example.com").body
    api("PATCH", f"/target-user-records/{record['id']}", {"active": False})

    answer = ask(api, to=[{"target": "Email", "address": f"{user}@example.com"}])

    assert (answer.status, answer.code) == (422, "no-active-records")
    assert record["id"] in answer.body["detail"]


FORM = 'must be a list of recipients, such as [{"target": "Email", "address": "ann@example.com"}]'


@pytest.mark.parametrize(
    "to", ["ann@example.com", ["ann@example.com"], {"target": "Email", "address": "a@b.de"}, 7]
)
def test_a_wrong_form_is_answered_with_the_right_one(api: Api, to: Any) -> None:
    answer = ask(api, to=to)

    assert (answer.status, answer.body["errors"]) == (422, [{"field": "to", "message": FORM}])


@pytest.mark.parametrize(
    ("recipient", "status", "field"),
    [
        ({"target": "Fax", "address": "1"}, 404, "to.0.target"),
        ({"target": "Email", "address": "nowhere"}, 422, "to.0.address"),
        ({"target": "Email", "address": " "}, 422, "to.0.address"),
        ({"target": "Email"}, 422, "to.0.address"),
        ({"address": "ann@example.com"}, 422, "to.0.target"),
        ({"target": "Email", "address": "ann@example.com", "name": "Ann"}, 422, "to.0.name"),
        ({"target": "Email", "address": "ann@example.com", "user": ""}, 422, "to.0.user"),
    ],
)
def test_a_wrong_recipient_is_named(
    api: Api, recipient: dict[str, str], status: int, field: str
) -> None:
    answer = ask(api, to=[recipient])

    assert (answer.status, answer.fields) == (status, {field})


@pytest.mark.parametrize(
    "other", [{"user": "ann"}, {"target_user_record": "r"}, {"targets": ["Email"]}]
)
def test_recipients_are_named_in_one_way(api: Api, other: dict[str, Any]) -> None:
    answer = ask(api, to=[{"target": "Email", "address": "ann@example.com"}], **other)

    assert (answer.status, answer.code) == (422, "invalid-input")


@pytest.mark.parametrize("count", [0, 101])
def test_a_request_has_1_to_100_recipients(api: Api, count: int) -> None:
    to = [{"target": "Email", "address": f"user-{n}@example.com"} for n in range(count)]

    assert ask(api, to=to).fields == {"to"}


def test_a_batch_has_1_000_recipients_in_all(api: Api) -> None:
    # The address has no valid form: nothing is registered, and the limit comes first.
    to = [{"target": "Email", "address": f"nowhere-{n}"} for n in range(100)]
    item = {"to": to, "title": "Hello", "body": "There"}

    items = api("POST", "/notifications/batch", {"items": [item] * 11}).body["items"]

    fields = [{error["field"] for error in one["problem"]["errors"]} for one in items]
    assert fields[10] == {"to"}
    assert "to" not in set[str]().union(*fields[:10])


def test_a_body_is_checked_against_each_target(api: Api, user: str) -> None:
    register(api, user)
    register(api, user, target="Twilio", target_user_id="+15551234567")
    register(api, user, target="Expo", target_user_id="ExponentPushToken[abc]")

    html = ask(api, user=user, body="<p>Hello</p>")
    long = ask(api, user=user, body="x" * 1601)
    longer = ask(api, user=user, body="x" * 4096)

    assert (html.status, html.fields) == (422, {"body"})
    assert "Twilio" in html.body["detail"]
    assert "Expo" in html.body["detail"]
    assert "Email" not in html.body["detail"]
    assert "at most 1600 characters for the target Twilio, not 1601" in long.body["detail"]
    assert "Expo" not in long.body["detail"]
    assert "at most 4096 bytes together with title and extra" in longer.body["detail"]
    assert ask(api, user=user, body="x" * 5000, targets=["Email"]).status == 201


def test_html_is_sent_as_text_where_it_must_be(api: Api, user: str) -> None:
    register(api, user)
    register(api, user, target="Twilio", target_user_id="+15551234567")

    answer = ask(api, user=user, body="<p>Hello <b>you</b></p>", html_to_text=True)

    assert sorted(created["body"] for created in answer.body["items"]) == [
        "<p>Hello <b>you</b></p>",
        "Hello you",
    ]
