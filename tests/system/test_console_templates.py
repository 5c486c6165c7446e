"""The templates of the console on the deployed stack: the rights of its function, and its forms."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.system.conftest import System
from tests.system.console_browser import Browser, forms_of, title_of


@pytest.fixture(scope="module")
def browsers(system: System) -> Iterator[dict[str, Browser]]:
    """The browsers of an author and of an operator, signed in."""
    found = {role: Browser(system.access["console_url"]) for role in ("author", "operator")}
    for role, browser in found.items():
        page = browser.sign_in(f"{role}@example.com", system.access["console_password"])
        assert title_of(page) == "Overview", page.text
    yield found
    for browser in found.values():
        browser.client.close()


def test_an_author_writes_previews_publishes_and_rolls_back_a_template(
    system: System, browsers: dict[str, Browser], user: str
) -> None:
    browser, path = browsers["author"], f"/templates/{user.lower()}"
    # So much that is not alike is stored in the bucket.
    html = f"<h1>Hello {{{{ name }}}}</h1><p>{' '.join(str(uuid4()) for _ in range(1000))}</p>"
    texts: dict[str, Any] = {
        "category": "security",  # mandatory, so that an e-mail needs no link to unsubscribe
        "schema": '{"type": "object", "properties": {"name": {"type": "string"}},'
        ' "required": ["name"]}',
        "examples": '[{"name": "Ann"}]',
        "content.en.email.subject": "Hello {{ name }}",
        "content.en.email.html": html,
    }
    page = browser.get(f"{path}/edit")
    wrong: dict[str, Any] = {"content.en.sms.body": "{{ nobody }}"}
    draft = browser.submit(page, f"{path}/edit", action="save", **texts | wrong)
    assert "line 1: the variable `nobody`" in draft.text
    shown = browser.submit(draft, f"{path}/edit", action="preview", **wrong)
    assert "It cannot be shown" in shown.text
    right: dict[str, Any] = {"content.en.sms.body": "{{ name }}"}
    stored = browser.submit(shown, f"{path}/edit", action="save", **right)
    assert title_of(stored).endswith("not published")

    message = browser.get(f"{path}/message?locale=en")
    published = browser.submit(stored, f"{path}/publish", version="2", reason="ready")

    assert "Hello Ann</h1>" in message.text
    assert message.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert title_of(published).endswith("version 2 published")
    head = system.api("GET", path).body
    assert head["publications"][0]["author"] == "console: author@example.com"
    assert path.removeprefix("/templates/") in browser.get("/templates").text
    log = browsers["operator"].get("/audit").text
    assert log.count(f"template {path.removeprefix('/templates/')}@2") == 2


def test_a_template_is_tested_only_at_the_addresses_of_the_team(
    browsers: dict[str, Browser], user: str, system: System
) -> None:
    browser, path = browsers["author"], f"/templates/{user.lower()}-test"
    page = browser.get(f"{path}/edit")
    texts: dict[str, Any] = {
        "content.en.email.subject": "Hi",
        "content.en.email.html": "<p>Hello</p>",
    }
    page = browser.submit(page, f"{path}/edit", action="save", **texts)
    target, fields = system.target("Email")["id"], forms_of(page)[0].fields

    refused = browser.post(
        f"{path}/test", fields | {"target": target, "address": "x@example.com", "version": "1"}
    )

    assert refused.status_code == 422
    assert "is not on the list of addresses for tests" in refused.text
