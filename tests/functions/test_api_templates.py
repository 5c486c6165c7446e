"""Templates by the API over the emulator."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from html import unescape
from typing import Any
from uuid import uuid4

import pytest

from notification_core.ports import Ports
from notification_core.usecases.sending.enqueue import wake_up_for
from tests.functions.consumers import Consumer
from tests.functions.lambda_calls import Answer, Api
from tests.functions.targets import some_number
from tests.simulator import Running

ORDER = {"type": "string"}
TEXT = "Your order {{ order }} is ready."


@pytest.fixture
def name() -> str:
    """A name that no other test has."""
    return f"t-{uuid4()}"


def a_version(text: str = TEXT, **fields: Any) -> dict[str, Any]:
    """The request for a version with an SMS."""
    body = {
        "category": "orders",
        "default_locale": "en",
        "schema": {
            "type": "object",
            "properties": {"order": ORDER},
            "required": ["order"],
            "examples": [{"order": "A-17"}],
        },
        "content": {"en": {"sms": {"body": text}}},
    }
    return body | fields


def put(api: Api, name: str, *arguments: str, **fields: Any) -> Answer:
    """Store a version."""
    return api("PUT", f"/templates/{name}", a_version(*arguments, **fields))


def publish(api: Api, name: str, **fields: Any) -> Answer:
    """Publish a version."""
    return api("POST", f"/templates/{name}/publish", fields or None)


def preview(api: Api, name: str, **fields: Any) -> Answer:
    """Ask for a preview."""
    return api("POST", f"/templates/{name}/preview", fields or None)


def test_a_template_is_stored_published_and_read(api: Api, name: str) -> None:
    stored = put(api, name, note="first")
    assert (stored.status, stored.body["version"]) == (201, 1)
    assert (stored.body["errors"], stored.body["warnings"], stored.body["layouts"]) == ([], [], {})
    assert stored.body["is_compiled"]
    assert put(api, name).status == 200

    head = publish(api, name, note="go").body

    assert (head["published"], head["latest"], head["category"]) == (1, 1, "orders")
    [publication] = head["publications"]
    assert (publication["version"], publication["note"]) == (1, "go")
    assert publication["author"] == stored.body["author"]
    assert api("GET", f"/templates/{name}").body == head
    version = api("GET", f"/templates/{name}/versions/1").body
    assert version["published_at"] == publication["at"]
    assert version["examples"] == [{"order": "A-17"}]
    assert {key: version[key] for key in a_version()} == a_version()
    assert (version["note"], version["digest"]) == ("first", stored.body["digest"])


def test_the_versions_are_listed_newest_first(api: Api, name: str) -> None:
    for number in range(3):
        assert put(api, name, f"{number}: {TEXT}").status == 201

    first = api("GET", f"/templates/{name}/versions", query={"limit": 2}).body
    second = api("GET", f"/templates/{name}/versions", query={"limit": 2, "next": first["next"]})

    assert [version["version"] for version in first["items"]] == [3, 2]
    assert [version["version"] for version in second.body["items"]] == [1]
    assert second.body["next"] is None
    wrong = api("GET", f"/templates/{name}/versions", query={"next": "x"})
    assert (wrong.status, wrong.fields) == (422, {"next"})


def test_the_templates_are_listed_by_name(api: Api, name: str) -> None:
    for suffix in ("b", "a"):
        put(api, f"{name}-{suffix}")
    listed: list[str] = []
    query: dict[str, Any] = {"limit": 100}
    while True:
        page = api("GET", "/templates", query=query).body
        listed += [head["name"] for head in page["items"]]
        if page["next"] is None:
            break
        query["next"] = page["next"]

    assert [each for each in listed if each.startswith(name)] == [f"{name}-a", f"{name}-b"]


def test_a_draft_with_errors_is_stored_and_not_published(api: Api, name: str) -> None:
    stored = put(api, name, "Your order {{ oder }} is ready.")

    assert (stored.status, stored.body["is_compiled"]) == (201, False)
    [error] = stored.body["errors"]
    assert error["field"] == "content.en.sms.body"
    refused = publish(api, name)
    assert (refused.status, refused.code) == (422, "invalid-input")
    assert refused.body["errors"] == [error]
    assert api("GET", f"/templates/{name}").body["published"] is None
    assert api("GET", f"/templates/{name}/versions/1").body["errors"] == [error]


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"default_locale": "de"}, {"default_locale"}),
        ({"default_locale": 5}, {"default_locale"}),
        ({"content": {}}, {"content"}),
        ({"content": []}, {"content"}),
        ({"content": None}, {"content"}),
        (
            {"content": {"en": {"sms": {"boddy": "x"}}}},
            {"content.en.sms.boddy", "content.en.sms.body"},
        ),
        ({"content": {"en": {"sms": "x"}}}, {"content.en.sms"}),
        ({"content": {"en": {"SMS": {"body": "x"}}}}, {"content.en.SMS"}),
        ({"category": "a b"}, {"category"}),
        ({"max_segments": 11}, {"max_segments"}),
        ({"max_segments": "3"}, {"max_segments"}),
        ({"partial": "de"}, {"partial"}),
        ({"schema": "order"}, {"schema"}),
        ({"schema": False}, {"schema"}),
        ({"schema": []}, {"schema"}),
        ({"examples": [1]}, {"examples"}),
        ({"note": "x" * 201}, {"note"}),
        ({"body": "x"}, {"body"}),
        ({"content": {"en": {"sms": {"body": "\ud800"}}}}, {"content"}),
        ({"examples": [{"\ud800": 1}]}, {"examples"}),
    ],
)
def test_a_version_with_another_shape_is_refused(
    api: Api, name: str, fields: dict[str, Any], wrong: set[str]
) -> None:
    answer = put(api, name, **fields)

    assert (answer.status, answer.code) == (422, "invalid-input")
    assert answer.fields == wrong
    assert api("GET", f"/templates/{name}").status == 404


@pytest.mark.parametrize("name", ["Order", "-a", "a" * 65, "a_b", "a@1"])
def test_a_name_that_cannot_be_is_refused(api: Api, name: str) -> None:
    answer = put(api, name)

    assert (answer.status, answer.fields) == (422, {"name"})
    assert api("GET", f"/templates/{name}").status == 404


def test_what_does_not_exist_is_not_found(api: Api, name: str) -> None:
    for method, path in (
        ("GET", ""),
        ("GET", "/versions"),
        ("GET", "/versions/1"),
        ("GET", "/diff"),
        ("POST", "/publish"),
        ("POST", "/preview"),
    ):
        answer = api(method, f"/templates/{name}{path}")
        assert (answer.status, answer.code) == (404, "not-found"), path
    put(api, name)
    assert api("GET", f"/templates/{name}/versions/2").status == 404
    assert api("GET", f"/templates/{name}/versions/x").status == 422
    wrong = publish(api, name, version=2)
    assert (wrong.status, wrong.fields) == (422, {"version"})


def test_an_older_version_is_published_again(api: Api, name: str) -> None:
    put(api, name)
    put(api, name, f"New: {TEXT}")
    publish(api, name)
    back = publish(api, name, version=1, note="back").body
    again = publish(api, name, version=1, note="twice").body

    assert back == again
    assert [each["version"] for each in back["publications"]] == [2, 1]


def test_two_versions_are_compared(api: Api, name: str) -> None:
    put(api, name)
    publish(api, name)
    german = {"en": {"sms": {"body": f"New: {TEXT}"}}, "de": {"sms": {"body": TEXT}}}
    put(api, name, content=german)

    diff = api("GET", f"/templates/{name}/diff").body

    assert (diff["from"], diff["to"]) == (1, 2)
    assert (diff["added_locales"], diff["added_channels"]) == (["de"], ["de.sms"])
    changes = {change["field"]: change for change in diff["changes"]}
    assert changes["content.en.sms.body"]["diff"] == f"@@ -1 +1 @@\n-{TEXT}\n+New: {TEXT}"
    assert changes["content.de.sms.body"]["kind"] == "added"
    back = api("GET", f"/templates/{name}/diff", query={"from": 2, "to": 1}).body
    assert back["removed_locales"] == ["de"]
    same = api("GET", f"/templates/{name}/diff", query={"from": 2, "to": 2}).body
    assert same["changes"] == []
    wrong = api("GET", f"/templates/{name}/diff", query={"from": 7})
    assert (wrong.status, wrong.fields) == (422, {"from"})


def test_a_preview_shows_each_channel_in_each_locale(api: Api, name: str) -> None:
    email = {
        "subject": "Order {{ order }}",
        "html": '<p>{{ order }}</p><a href="{{ unsubscribe_url }}">Stop</a>',
    }
    content = {
        "en": {"sms": {"body": TEXT}, "email": email},
        "de": {"sms": {"body": "{{ order }}"}},
    }
    put(api, name, content=content, partial=["de"])

    shown = preview(api, name, data={"order": "<b>7</b> ă"}).body

    assert shown["version"] == 1
    by_place = {(part["channel"], part["locale"]): part for part in shown["parts"]}
    assert set(by_place) == {("sms", "en"), ("email", "en"), ("sms", "de")}
    sms = by_place["sms", "de"]
    assert sms["body"] == "<b>7</b> ă"
    assert sms["sms"] == {"encoding": "UCS-2", "characters": 10, "units": 10, "segments": 1}
    mail = by_place["email", "en"]
    assert mail["title"] == "Order <b>7</b> ă"
    assert "&lt;b&gt;7" in mail["body"]
    assert "https://example.com/unsubscribe/sample-" in unescape(mail["body"])
    assert mail["text"].startswith("<b>7</b>")
    assert mail["html_bytes"] == len(mail["body"].encode())
    assert mail["sms"] is None


def test_a_preview_looks_a_locale_up_as_a_notification_does(api: Api, name: str) -> None:
    put(api, name, content={"en": {"sms": {"body": TEXT}}, "de": {"sms": {"body": "{{ order }}"}}})

    def shown(**fields: Any) -> list[str]:
        return [part["locale"] for part in preview(api, name, **fields).body["parts"]]

    assert shown(locale="de-AT") == ["de"]
    assert shown(locale="fr") == ["en"]
    assert shown(locale="de", channel="sms") == ["de"]
    for fields in ({"channel": "push"}, {"locale": "d_e"}, {"version": 9}):
        answer = preview(api, name, **fields)
        assert (answer.status, answer.fields) == (422, set(fields))


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        ({}, {"data.order"}),
        ({"order": 7}, {"data.order"}),
        ({"order": "7", "oder": "8"}, {"data.oder"}),
        ([], {"data"}),
        ({"order": "\ud800"}, {"data"}),
    ],
)
def test_the_data_of_a_preview_must_fit_the_schema(
    api: Api, name: str, data: Any, wrong: set[str]
) -> None:
    put(api, name)

    answer = preview(api, name, data=data)

    assert (answer.status, answer.fields) == (422, wrong)


def test_a_part_with_an_error_is_named_and_the_others_are_shown(api: Api, name: str) -> None:
    content = {
        "en": {"sms": {"body": "{{ oder }}"}, "push": {"title": "Order", "body": "{{ order }}"}}
    }
    put(api, name, content=content)

    broken = preview(api, name)
    assert (broken.status, broken.fields) == (422, {"content.en.sms.body"})
    assert preview(api, name, channel="push").body["parts"][0]["body"] == "A-17"


def test_a_preview_that_is_too_large_for_a_response_is_refused(api: Api, name: str) -> None:
    texts = {
        f"de-x-{number}": {"push": {"title": "{{ order }}", "body": "{{ order }}"}}
        for number in range(40)
    }
    put(api, name, content=texts, default_locale="de-x-0")
    data = {"order": "x" * 100_000}

    whole = preview(api, name, data=data)

    assert (whole.status, whole.fields) == (422, {"locale"})
    assert preview(api, name, data=data, locale="de-x-7", channel="push").status == 200


def test_authors_at_the_same_moment_each_get_a_version(api: Api, name: str) -> None:
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda n: put(api, name, f"{n}: {TEXT}"), range(6)))

    assert [answer.status for answer in answers] == [201] * 6
    assert sorted(answer.body["version"] for answer in answers) == list(range(1, 7))
    assert api("GET", f"/templates/{name}").body["latest"] == 6


def test_a_removed_template_is_gone_and_can_be_created_again(api: Api, name: str) -> None:
    put(api, name)
    publish(api, name)

    assert api("DELETE", f"/templates/{name}").status == 204

    for method, path in (("GET", ""), ("GET", "/versions/1"), ("DELETE", ""), ("POST", "/publish")):
        assert api(method, f"/templates/{name}{path}").status == 404
    again = put(api, name)
    assert (again.status, again.body["version"]) == (201, 2)
    assert api("GET", f"/templates/{name}/versions/1").status == 404


def test_a_test_is_sent_marked_to_an_address_of_the_team(
    twilio: Consumer, simulator: Running, api: Api, name: str
) -> None:
    address = some_number()
    put(api, name, "Order {{ order }} 📦")
    body = {"to": {"target": "Twilio", "address": address}, "data": {"order": "B-1"}}
    refused = api("POST", f"/templates/{name}/test", body)
    assert (refused.status, refused.fields) == (422, {"to.address"})

    with allowing(twilio.ports, address):
        key = {"Idempotency-Key": str(uuid4())}
        made = api("POST", f"/templates/{name}/test", body, headers=key)
        again = api("POST", f"/templates/{name}/test", body, headers=key)

    assert (made.status, again.status) == (201, 200)
    [item] = made.body["items"]
    assert item["id"] == again.body["items"][0]["id"]
    assert item["body"] == "[Test] Order B-1 📦"
    [notification] = twilio.ports.notifications.get([item["id"]])
    assert notification is not None
    twilio.run(wake_up_for(notification))
    [received] = simulator.inbox(address)
    assert received["body"] == "[Test] Order B-1 📦"


@contextmanager
def allowing(ports: Ports, address: str) -> Iterator[None]:
    """Allow tests to an address, as a deployment would."""
    modules = ports.modules.all()
    for module in modules:
        deployment = replace(module.deployment, allow_list=(address,))
        ports.modules.put(replace(module, deployment=deployment))
    yield
    for module in modules:
        ports.modules.put(module)
