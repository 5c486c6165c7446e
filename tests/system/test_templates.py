"""Templates on the deployed stack: authors store, look, compare and publish."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from infra.local.caller import Caller
from tests.system.conftest import System

pytestmark = pytest.mark.stack

SCHEMA = {
    "type": "object",
    "properties": {"order": {"type": "string"}, "count": {"type": "integer"}},
    "required": ["order", "count"],
    "examples": [{"order": "A-17", "count": 2}],
}
LAYOUT = """<mjml><mj-head><mj-style>.note { color: #555555 }</mj-style></mj-head><mj-body>
  <mj-section><mj-column><mj-text>Shop</mj-text></mj-column></mj-section>
  {{ content }}
</mj-body></mjml>"""
MAIL = """<mj-section><mj-column>
  <mj-text>{% if count > 1 %}{{ count }} parcels of {% endif %}{{ order }}</mj-text>
  <mj-text>{% if unsubscribe_url %}<a href="{{ unsubscribe_url }}">Stop</a>{% endif %}</mj-text>
</mj-column></mj-section>"""


@pytest.fixture
def name() -> str:
    """A name that no other test has."""
    return f"t-{uuid4()}"


def a_template(layout: str) -> dict[str, Any]:
    """An e-mail with a layout, and a text, in two languages."""
    email = {"subject": "Order {{ order }}", "mjml": MAIL, "layout": layout}
    return {
        "category": "orders",
        "default_locale": "en",
        "schema": SCHEMA,
        "content": {
            "en": {"email": email, "sms": {"body": "{{ order }} is on its way 📦"}},
            "de": {"email": email, "sms": {"body": "{{ order }} ist unterwegs"}},
        },
    }


def a_layout(text: str = LAYOUT) -> dict[str, Any]:
    """A layout in MJML."""
    return {"default_locale": "en", "content": {"en": {"email": {"mjml": text}}}}


@pytest.fixture
def layout(system: System, name: str) -> str:
    """The name of a published layout."""
    layout = f"{name}-brand"
    assert system.api("PUT", f"/templates/{layout}", a_layout()).status == 201
    assert system.api("POST", f"/templates/{layout}/publish").status == 200
    return layout


def test_a_template_is_stored_and_previewed(system: System, name: str, layout: str) -> None:
    stored = system.api("PUT", f"/templates/{name}", a_template(layout))
    assert (stored.status, stored.body["errors"]) == (201, [])
    assert stored.body["layouts"] == {layout: 1}
    assert ":user/" in stored.body["author"]

    data = {"order": "<7>", "count": 3}
    shown = system.api("POST", f"/templates/{name}/preview", {"data": data})

    parts = {(part["channel"], part["locale"]): part for part in shown.body["parts"]}
    assert set(parts) == {(kind, tag) for kind in ("email", "sms") for tag in ("en", "de")}
    mail = parts["email", "de"]
    assert "3 parcels of &lt;7&gt;" in mail["body"]
    assert "Shop" in mail["body"]
    assert "<mj-" not in mail["body"]
    assert "3 parcels of <7>" in mail["text"]
    assert parts["sms", "en"]["sms"]["encoding"] == "UCS-2"


def test_a_template_is_published_compared_and_removed(
    system: System, name: str, layout: str
) -> None:
    path, template = f"/templates/{name}", a_template(layout)
    system.api("PUT", path, template)
    assert system.api("POST", f"{path}/publish", {"note": "go"}).body["published"] == 1
    template["content"]["de"]["sms"]["body"] = "{{ order }} kommt"
    assert system.api("PUT", path, template).body["version"] == 2

    [change] = system.api("GET", f"{path}/diff").body["changes"]
    assert change["field"] == "content.de.sms.body"
    assert system.api("GET", f"{path}/versions/2").body["content"] == template["content"]
    assert name in {head["name"] for head in system.api.listed("/templates")}

    assert system.api("DELETE", path).status == 204
    assert system.api("GET", path).status == 404
    assert system.api("PUT", path, template).body["version"] == 3


def test_a_large_template_is_stored_and_removed(system: System, name: str) -> None:
    body = "".join(uuid4().hex for _ in range(3000))
    template = {"default_locale": "en", "content": {"en": {"chat": {"body": body}}}}
    path = f"/templates/{name}"

    assert system.api("PUT", path, template).body["errors"] == []
    assert system.api("POST", f"{path}/publish").status == 200
    assert system.api("GET", f"{path}/versions/1").body["content"] == template["content"]
    assert system.api("POST", f"{path}/preview").body["parts"][0]["body"] == body
    assert system.api("DELETE", path).status == 204

    bucket = system.access["outputs"]["ContentBucket"]
    listed = system.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
    keys = [each["Key"] for each in listed if f"/{name}/" in each["Key"]]
    assert [key.rpartition("/")[0] for key in keys] == [f"later/templates/{name}"]


@pytest.fixture
def author(system: System) -> Iterator[Caller]:
    """A caller who may write and preview templates, as docs/security.md has it."""
    iam, user = system.client("iam"), f"author-{uuid4().hex[:8]}"
    api = f"arn:aws:execute-api:*:*:{system.access['outputs']['ApiId']}/v1"
    allowed = ["GET/templates", "GET/templates/*", "PUT/templates/*", "POST/templates/*/preview"]
    statement = {
        "Effect": "Allow",
        "Action": "execute-api:Invoke",
        "Resource": [f"{api}/{path}" for path in allowed],
    }
    iam.create_user(UserName=user)
    iam.put_user_policy(
        UserName=user,
        PolicyName="write-templates",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statement}),
    )
    key = iam.create_access_key(UserName=user)["AccessKey"]
    secret = {"access_key_id": key["AccessKeyId"], "secret_access_key": key["SecretAccessKey"]}
    yield Caller({**system.access, **secret})
    iam.delete_access_key(UserName=user, AccessKeyId=key["AccessKeyId"])
    iam.delete_user_policy(UserName=user, PolicyName="write-templates")
    iam.delete_user(UserName=user)


def test_an_author_writes_templates_and_does_nothing_else(
    system: System, author: Caller, name: str
) -> None:
    path = f"/templates/{name}"
    template = {"default_locale": "en", "content": {"en": {"sms": {"body": "Hello"}}}}

    assert author("PUT", path, template).status == 201
    assert author("POST", f"{path}/preview").status == 200
    assert author("GET", f"{path}/versions").status == 200
    for method, other in (
        ("POST", f"{path}/publish"),
        ("DELETE", path),
        ("POST", "/notifications"),
        ("GET", "/targets"),
    ):
        assert author(method, other, {} if method == "POST" else None).status == 403, other
    assert system.api("POST", f"{path}/publish").status == 200
