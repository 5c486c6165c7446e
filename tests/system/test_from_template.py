"""Notifications from templates on the deployed stack, and what arrives at the providers."""

import random
from datetime import UTC, datetime, timedelta
from string import ascii_letters
from typing import Any
from uuid import uuid4

import pytest

from tests.system.conftest import System, wait_for
from tests.system.test_watching import state

pytestmark = pytest.mark.stack

SCHEMA = {
    "type": "object",
    "properties": {"order": {"type": "string"}},
    "required": ["order"],
    "examples": [{"order": "A-17"}],
}
LINK = '{% if unsubscribe_url %}<a href="{{ unsubscribe_url }}">Stop</a>{% endif %}'
CONTENT: dict[str, Any] = {
    "en": {
        "email": {"subject": "Order {{ order }}", "html": f"<p>Order {{{{ order }}}}</p>{LINK}"},
        "sms": {"body": "Order {{ order }}"},
        "push": {"title": "Order {{ order }}", "body": "It is here."},
    },
    "de": {"sms": {"body": "Bestellung {{ order }}"}},
}


@pytest.fixture
def template() -> str:
    """The name of a template that no other test has. Logs name templates, but no users."""
    return f"order-{uuid4().hex}"


def publish(system: System, name: str, content: dict[str, Any] = CONTENT) -> None:
    """Store a version, and publish it."""
    document = {
        "category": "orders",
        "default_locale": "en",
        "schema": SCHEMA,
        "content": content,
        "partial": ["de"] if "de" in content else [],
    }
    stored = system.api("PUT", f"/templates/{name}", document)
    assert (stored.status, stored.body["errors"]) == (201, []), stored
    assert system.api("POST", f"/templates/{name}/publish", {}).status == 200


def send(system: System, user: str, name: str, **more: Any) -> list[dict[str, Any]]:
    """Request notifications from a template."""
    texts = {"title": None, "body": None}
    return system.notify(user=user, template=name, **texts, **{"data": {"order": "A-17"}} | more)


def soon(seconds: int) -> str:
    """A time that is so far ahead."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


def test_html_in_data_arrives_escaped_in_html_and_literally_elsewhere(
    system: System, user: str, template: str
) -> None:
    addresses = {
        "Email": f"{user}@example.com",
        "Twilio": "+15551110078",
        "Expo": f"ExponentPushToken[{user}]",
    }
    for target, address in addresses.items():
        system.register(user, target, address)
    publish(system, template)

    created = send(system, user, template, data={"order": "<b>1</b> & 2"})
    assert {system.gone(item)["status"] for item in created} <= {"DELIVERED", "SENT"}

    [mail], [text], [push] = (system.inbox(address) for address in addresses.values())
    assert mail["title"] == push["title"] == "Order <b>1</b> & 2"
    assert "&lt;b&gt;1&lt;/b&gt; &amp; 2" in mail["html"].replace("&lt;&#x2f;", "&lt;/")
    assert "Order <b>1</b> & 2" in mail["body"]
    assert mail["html"].count("/unsubscribe/") == 1
    assert text["body"] == "Order <b>1</b> & 2"
    assert {item["template"] for item in created} == {f"{template}@1"}
    shown = next(item for item in created if "<p>" in item["body"])
    assert "https://example.com/unsubscribe/sample" in shown["body"]


def test_a_waiting_notification_keeps_the_version_it_was_created_with(
    system: System, user: str, template: str
) -> None:
    system.register(user, "Twilio", "+15551110079")
    publish(system, template)
    [waiting] = send(system, user, template, scheduled_delivery=soon(6))

    publish(system, template, {"en": {"sms": {"body": "New {{ order }}"}}})
    [later] = send(system, user, template)

    assert system.ended(later)["body"] == "New A-17"
    assert system.ended(waiting)["template"] == f"{template}@1"
    bodies = {item["body"] for item in system.inbox("+15551110079")}
    assert bodies == {"Order A-17", "New A-17"}


def test_the_users_locale_is_used_and_a_missing_one_falls_back(
    system: System, user: str, template: str
) -> None:
    system.register(user, "Twilio", "+15551110080")
    publish(system, template)
    settings = {"locale": "de-CH", "time_zone": "Europe/Zurich"}
    assert system.api("PUT", f"/users/{user}/settings", settings).status == 200

    [german] = send(system, user, template)
    [english] = send(system, user, template, locale="fr-CA")

    assert {system.ended(item)["status"] for item in (german, english)} == {"DELIVERED"}
    assert {item["body"] for item in system.inbox("+15551110080")} == {
        "Bestellung A-17",
        "Order A-17",
    }
    details = [item["timeline"][0]["detail"] for item in (german, english)]
    assert details == [
        f"template {template}@1 in de, because the user's locale is de-CH",
        f"template {template}@1 in en, the template's default, because it has no fr-CA",
    ]


def test_an_emoji_in_data_arrives_and_its_segments_are_reported(
    system: System, user: str, template: str
) -> None:
    system.register(user, "Twilio", "+15551110081")
    publish(system, template)

    [created] = send(system, user, template, data={"order": "👩🏽‍🍳"})

    assert system.ended(created)["status"] == "DELIVERED"
    [text] = system.inbox("+15551110081")
    assert text["body"] == "Order 👩🏽‍🍳"
    assert (created["sms"]["encoding"], created["sms"]["segments"]) == ("UCS-2", 1)
    assert "UCS-2 because of" in system.read(created)["timeline"][0]["detail"]


def test_a_large_template_and_large_data_are_read_from_the_bucket(
    system: System, user: str, template: str
) -> None:
    system.register(user, "Email", f"{user}@example.com")
    # Random text is not compressed, so that the version is stored in S3.
    filling = "".join(random.Random(7).choices(ascii_letters + " ", k=60_000))
    page = f"<p>Order {{{{ order }}}}</p><p>{filling}</p>{LINK}"
    publish(system, template, {"en": {"email": {"subject": "Order", "html": page}}})
    objects = system.client("s3").list_objects_v2(
        Bucket=system.access["outputs"]["ContentBucket"], Prefix=f"templates/{template}"
    )
    assert objects["KeyCount"] >= 1

    [created] = send(system, user, template, data={"order": "x" * 1000})

    assert system.ended(created)["status"] == "DELIVERED"
    [mail] = system.inbox(f"{user}@example.com")
    assert "x" * 1000 in mail["body"].replace("\n", "")


def test_a_template_that_fails_ends_its_notification_and_raises_the_alarm(
    system: System, user: str, template: str
) -> None:
    system.register(user, "Twilio", "+15551110082")
    publish(system, template)
    [broken] = send(system, user, template, scheduled_delivery=soon(5))
    system.client("dynamodb").delete_item(
        TableName=system.access["outputs"]["TemplatesTable"],
        Key={"name": {"S": template}, "version": {"N": "1"}},
    )

    ended = system.ended(broken)

    assert (ended["status"], ended["last_error"]["code"]) == ("DELIVERY FAILURE", "template-error")
    assert ended["retry_attempts"] == 1
    assert system.inbox("+15551110082") == []
    explanation = system.api("GET", f"/notifications/{broken['id']}/explanation").body
    assert "publish a corrected version" in explanation["next_step"]
    wait_for(lambda: state(system, "system-template-errors") == "ALARM", 90)
