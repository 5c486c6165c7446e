"""E-mails on the deployed stack, as a recipient has them: languages, footers and links."""

import re
from typing import Any

import pytest
import requests

from notification_content.translations import texts_in
from tests.system.conftest import System

pytestmark = pytest.mark.stack

ARABIC = "مرحبًا آن،\n\nطلبك في الطريق إليك."


def sent(system: System, user: str, **fields: Any) -> dict[str, Any]:
    """Send an e-mail about marketing; returns it as it arrived."""
    address = f"{user}@example.com"
    system.register(user, "Email", address)
    [notification] = system.notify(user=user, category="marketing", **fields)
    assert system.ended(notification)["status"] == "DELIVERED"
    [mail] = system.inbox(address)
    return {**mail, "body": mail["body"].replace("\r\n", "\n")}


def link_of(mail: dict[str, Any]) -> str:
    """The link in the header of an e-mail."""
    return str(mail["extra"]["headers"]["List-Unsubscribe"]).strip("<>")


def test_an_email_has_a_footer_in_the_language_of_the_user(system: System, user: str) -> None:
    assert system.api("PUT", f"/users/{user}/settings", {"locale": "ar-EG"}).status == 200

    mail = sent(system, user, title="طلبك", body=ARABIC)

    link, texts = link_of(mail), texts_in("ar")
    assert mail["title"] == "طلبك"
    assert mail["body"].startswith(ARABIC)
    assert mail["body"].rstrip().endswith(f"{texts['unsubscribe']}:\n{link}")
    assert 'lang="ar" dir="rtl"' in mail["html"]
    assert '<p dir="auto"' in mail["html"]
    assert f'<a href="{link}"' in mail["html"]
    page = requests.get(link, headers={"Accept-Language": "de"}, timeout=10)
    assert '<html lang="ar" dir="rtl">' in page.text
    assert texts["ask_title"] in page.text


def test_a_template_places_the_link_itself(system: System, user: str) -> None:
    name = f"news-{user[:8].lower()}"
    html = '<p>مرحبًا {{ name }}</p><p><a href="{{ unsubscribe_url }}">إلغاء</a></p>'
    template = {
        "default_locale": "ar",
        "category": "marketing",
        "schema": {
            "type": "object",
            "properties": {"name": {"type": "string"}},
            "required": ["name"],
            "examples": [{"name": "آن"}],
        },
        "content": {"ar": {"email": {"subject": "أخبار", "html": html, "from_name": "حمام"}}},
    }
    stored = system.api("PUT", f"/templates/{name}", template)
    assert (stored.status, stored.body["errors"]) == (201, [])
    assert system.api("POST", f"/templates/{name}/publish", {}).status == 200

    mail = sent(system, user, template=name, data={"name": "Ann <b>"}, title=None, body=None)

    link = link_of(mail)
    assert mail["title"] == "أخبار"
    assert mail["extra"]["headers"]["From"].startswith("حمام <")
    assert '<html lang="ar" dir="rtl">' in mail["html"]
    assert "Ann &lt;b&gt;" in mail["html"]
    assert len(re.findall(r"<a ", mail["html"])) == 1, "no footer beside the template's link"
    assert mail["body"].rstrip().endswith(f"إلغاء ({link})")
    assert requests.head(link, timeout=10).status_code == 200
    assert requests.post(link, data={"List-Unsubscribe": "One-Click"}, timeout=30).ok
    assert system.api("GET", f"/opt-outs/{user}").body["categories"] == ["marketing"]


def test_the_unsubscribe_page_undoes_its_own_click(system: System, user: str) -> None:
    link = link_of(sent(system, user))
    undo = {"action": "resubscribe"}
    assert "Nothing has changed" in requests.post(link, data=undo, timeout=10).text

    done = requests.post(link, data={"List-Unsubscribe": "One-Click"}, timeout=30)
    assert (done.status_code, 'value="resubscribe"' in done.text) == (200, True)
    undone = requests.post(link, data=undo, timeout=10)

    assert (undone.status_code, "subscribed again" in undone.text) == (200, True)
    opt_out = system.api("GET", f"/opt-outs/{user}").body
    assert opt_out["categories"] == []
    assert [(entry["active"], entry["source"]) for entry in opt_out["entries"]] == [
        (True, "one-click"),
        (False, "one-click"),
    ]
    [again] = system.notify(user=user, category="marketing")
    assert system.ended(again)["status"] == "DELIVERED"
