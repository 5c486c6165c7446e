"""The API function over the emulator: notifications from templates."""

from typing import Any
from uuid import uuid4

import pytest

from tests.functions.api_requests import ask, register
from tests.functions.lambda_calls import Answer, Api

SCHEMA = {
    "type": "object",
    "properties": {"order": {"type": "string"}, "lines": {"type": "array", "items": {}}},
    "required": ["order"],
    "examples": [{"order": "A-17"}],
}
HTML = (
    "<p>Order {{ order }}</p>"
    '{% if unsubscribe_url %}<a href="{{ unsubscribe_url }}">No more</a>{% endif %}'
)
CONTENT = {
    "en": {
        "email": {"subject": "Order {{ order }}", "html": HTML},
        "sms": {"body": "Order {{ order }}"},
        "push": {"title": "Order {{ order }}", "body": "It is here."},
    },
    "de": {"sms": {"body": "Bestellung {{ order }}"}},
}
NEITHER = {"title": None, "body": None}


@pytest.fixture
def template(api: Api) -> str:
    """A published template."""
    name = f"order-{uuid4()}"[:32]
    put(api, name, CONTENT)
    return name


def put(api: Api, name: str, content: Any, **more: Any) -> None:
    """Store a version, and publish it."""
    document = {
        "category": "orders",
        "default_locale": "en",
        "schema": SCHEMA,
        "content": content,
        "partial": ["de"] if "de" in content else [],
    }
    stored = api("PUT", f"/templates/{name}", document | more)
    assert (stored.status, stored.body.get("errors")) == (201, []), stored
    assert api("POST", f"/templates/{name}/publish", {}).status == 200


def templated(api: Api, user: str, name: str, **fields: Any) -> Answer:
    """Request notifications from the template."""
    values = {"user": user, "template": name, "data": {"order": "A-17"}}
    return ask(api, **NEITHER | values | fields)


@pytest.fixture
def everywhere(api: Api, user: str) -> str:
    """A user with an address in each target."""
    register(api, user)
    register(api, user, target="Twilio", target_user_id="+15551234567")
    register(api, user, target="Expo", target_user_id=f"ExponentPushToken[{user}]")
    return user


def test_one_request_sends_each_channel_its_content_from_the_template(
    api: Api, everywhere: str, template: str
) -> None:
    answer = templated(api, everywhere, template)

    assert answer.status == 201, answer
    bodies = sorted(item["body"] for item in answer.body["items"])
    assert bodies[1:] == ["It is here.", "Order A-17"]
    assert "<p>Order A-17</p>" in bodies[0]
    for item in answer.body["items"]:
        assert (item["template"], item["data"]) == (f"{template}@1", {"order": "A-17"})
        assert (item["category"], item["locale"], item["content_error"]) == ("orders", "en", None)
        detail = f"template {template}@1 in en, the template's default"
        assert item["timeline"][0]["detail"] == detail
        assert api("GET", f"/notifications/{item['id']}").body == item
    listed = api("GET", "/notifications", query={"user": everywhere}).body["items"]
    assert sorted(item["body"] for item in listed) == bodies


def test_the_users_setting_and_the_request_choose_the_locale(
    api: Api, user: str, template: str
) -> None:
    register(api, user, target="Twilio", target_user_id="+15551234567")
    settings = api("PUT", f"/users/{user}/settings", {"locale": "de-at"}).body
    assert settings == {"user": user, "locale": "de-AT", "time_zone": None}

    [by_user] = templated(api, user, template).body["items"]
    [by_request] = templated(api, user, template, locale="en-GB").body["items"]

    assert (by_user["locale"], by_user["body"]) == ("de", "Bestellung A-17")
    assert by_user["timeline"][0]["detail"].endswith("because the user's locale is de-AT")
    assert (by_request["locale"], by_request["body"]) == ("en", "Order A-17")


def test_a_waiting_notification_keeps_its_version(api: Api, user: str, template: str) -> None:
    register(api, user, target="Twilio", target_user_id="+15551234567")
    [before] = templated(api, user, template).body["items"]

    put(api, template, {"en": {"sms": {"body": "New {{ order }}"}}})
    [after] = templated(api, user, template).body["items"]
    [pinned] = templated(api, user, f"{template}@1").body["items"]

    assert (after["template"], after["body"]) == (f"{template}@2", "New A-17")
    assert (pinned["template"], pinned["body"]) == (f"{template}@1", "Order A-17")
    assert api("GET", f"/notifications/{before['id']}").body["body"] == "Order A-17"


def test_large_data_is_stored_apart_and_shown(api: Api, user: str, template: str) -> None:
    register(api, user, target="Twilio", target_user_id="+15551234567")
    data = {"order": "A-17", "lines": [{"name": "x" * 50}] * 50}

    [item] = templated(api, user, template, data=data).body["items"]

    stored = api("GET", f"/notifications/{item['id']}").body
    assert (stored["data"], stored["body"]) == (data, "Order A-17")


def test_a_batch_mixes_templates_and_texts_and_reports_each_error(
    api: Api, user: str, template: str
) -> None:
    register(api, user)
    items = [
        {"user": user, "template": template, "data": {"order": "1"}},
        {"user": user, "title": "t", "body": "b"},
        {"user": user, "template": template, "data": {"order": 1}},
        {"user": user, "template": "nobody-has-this"},
    ]

    results = api("POST", "/notifications/batch", {"items": items}).body["items"]

    assert [result["status"] for result in results] == [201, 201, 422, 422]
    assert results[2]["problem"]["errors"] == [{"field": "data.order", "message": "must be a text"}]
    assert results[3]["problem"]["errors"][0]["field"] == "template"


@pytest.mark.parametrize(
    ("fields", "problems"),
    [
        ({"title": "Hello"}, ["title"]),
        ({"body": "Hello", "content": {"sms": {"body": "x"}}}, ["body", "content"]),
        ({"template": None}, ["title", "body", "data"]),
        ({"template": None, "title": "t", "body": "b", "locale": "de"}, ["data", "locale"]),
        ({"template": "Not a name"}, ["template"]),
        ({"template": "x@0"}, ["template"]),
        ({"locale": "de_AT"}, ["locale"]),
        ({"data": ["order"]}, ["data"]),
        ({"data": {"order": "x" * 205_000}}, ["data"]),
        ({"category": "news"}, ["category"]),
        ({"extra": {"wing": 1}}, ["extra.wing"]),
    ],
)
def test_a_request_that_cannot_be_sent_names_its_fields(
    api: Api, user: str, template: str, fields: dict[str, Any], problems: list[str]
) -> None:
    register(api, user)

    answer = templated(api, user, template, **fields)

    assert answer.status == 422, answer
    assert sorted(error["field"] for error in answer.body["errors"]) == sorted(problems)


def test_a_repeated_request_returns_the_notifications_of_the_first(
    api: Api, user: str, template: str
) -> None:
    register(api, user)
    fields = {"user": user, "template": template, "data": {"order": "A-17"}}
    first = api("POST", "/notifications", fields, headers={"Idempotency-Key": user})
    put(api, template, {"en": {"email": {"subject": "New", "html": HTML}}})

    again = api("POST", "/notifications", fields, headers={"Idempotency-Key": user})
    other = api(
        "POST",
        "/notifications",
        fields | {"data": {"order": "B"}},
        headers={"Idempotency-Key": user},
    )

    assert (first.status, again.status) == (201, 200)
    assert again.body["items"][0]["template"] == f"{template}@1"
    assert again.body["items"][0]["id"] == first.body["items"][0]["id"]
    assert (other.status, other.body["errors"][0]["field"]) == (409, "data")


def test_an_export_and_a_search_show_the_rendered_texts(api: Api, user: str, template: str) -> None:
    register(api, user, target="Twilio", target_user_id="+15551234567")
    [item] = templated(api, user, template, reference=user).body["items"]

    exported = api("GET", f"/users/{user}/export").body["notifications"]
    found = api("GET", "/search", query={"reference": user}).body["items"]

    assert exported == found == [item]
