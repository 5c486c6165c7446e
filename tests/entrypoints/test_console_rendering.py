"""No text of a caller, a recipient or a provider becomes HTML, and every page is well formed."""

import re
from html.parser import HTMLParser
from urllib.parse import quote

import pytest

from notification_core.domain.clock import from_epoch_ms
from notification_core.domain.console_sessions import Role
from notification_core.domain.status import Status
from notification_core.entrypoints.console.rendering import (
    FOLDER,
    TONES,
    caller,
    channel,
    prose,
    short_ids,
    time_element,
)
from tests.builders import World
from tests.entrypoints.console_cast import cast

INJECTIONS = [
    "<script>x()</script>",
    '"><img src=x onerror=x()>',
    "' autofocus onfocus='x()",
    "{{ 7 * 7 }}{% x %}",
    "</textarea></title><svg/onload=x()>",
    "javascript:x()//",
    "&lt;script&gt;",
]

#: Elements that have no end tag.
VOID = {"meta", "link", "input", "br", "img", "hr"}


class Checker(HTMLParser):
    """Reads a page, and notes what a script could begin in."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.problems: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name.startswith("on") or name == "style":
                self.problems.append(f"{tag} {name}")
            if name in {"href", "src", "action"} and (value or "").startswith("javascript"):
                self.problems.append(f"{tag} {name}={value}")
            if name == "id":
                self.ids.append(value or "")
        given = dict(attrs)
        if tag in {"script", "style"} and not (given.get("src") or "").startswith("/v1/console/"):
            self.problems.append(f"inline {tag}")
        if tag in {"img", "svg", "object", "embed"}:
            self.problems.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> ends nothing")


def check(page: str) -> list[str]:
    """Return the problems of a page."""
    checker = Checker()
    checker.feed(page)
    checker.close()
    doubled = {name for name in checker.ids if checker.ids.count(name) > 1}
    return checker.problems + [f"{name} is open" for name in checker.open] + sorted(doubled)


@pytest.mark.parametrize("text", INJECTIONS)
def test_a_text_in_any_field_stays_text_on_every_page(world: World, text: str) -> None:
    shown = cast(world, text)
    browser = shown.site.person(Role.ADMIN, username="ada")
    for notification in (shown.failed, shown.waiting):
        page = browser.post(f"/notifications/{notification.id}/unmask", reason=text)
        assert page.status == 303
    assert browser.post("/user/unmask", of=shown.failed.id, reason=text).status == 303

    for name, body in shown.read_all(browser).items():
        assert check(body) == [], name
        assert "49{%" not in body, name
        has_no_text = "/jobs/" in name or "/preview" in name or name.startswith("/ ")
        assert "{{ 7" in body or "{{" not in text or has_no_text, name


@pytest.mark.parametrize("text", INJECTIONS)
def test_a_text_in_an_address_stays_text(world: World, text: str) -> None:
    shown = cast(world, "plain")
    browser = shown.site.person(*Role)
    templates = [f"/templates/{quote(text)}/edit", "/templates/order/preview", "/templates"]
    for path in (
        *("/find", "/user", "/failed", "/failed/group", "/audit", f"/notifications/{text}"),
        *(*templates, "/new-template", "/templates/order/diff"),
    ):
        parameters = dict.fromkeys(
            ("q", "id", "of", "target", "code", "hours", "done", "next", "name", "version"), text
        )
        page = browser.get(path, **parameters)
        assert page.status in {200, 404, 422}, path
        assert check(page.body) == [], path


@pytest.mark.parametrize("role", Role)
def test_every_page_of_every_role_is_well_formed(world: World, role: Role) -> None:
    shown = cast(world, "plain")

    for name, body in shown.read_all(shown.site.person(role)).items():
        assert check(body) == [], name


def test_the_text_is_there_as_it_was_given(world: World) -> None:
    shown = cast(world, "a & b <c>")

    body = shown.site.person(Role.SUPPORT).get(f"/notifications/{shown.failed.id}").body

    assert "<dd>a &amp; b &lt;c&gt;</dd>" in body


def test_a_time_is_in_utc_and_machine_readable() -> None:
    moment = from_epoch_ms(1_767_225_600_123)

    assert time_element(moment) == (
        '<time datetime="2026-01-01T00:00:00.123Z" title="2026-01-01 00:00:00 UTC">'
        "2026-01-01 00:00:00 UTC</time>"
    )
    assert time_element(None) == "\u2013"


def test_a_time_in_a_sentence_is_one_too_and_other_digits_are_not() -> None:
    text = prose("At 2026-01-01T00:00:00Z <b>, not at 2026-13-41T99:00:00Z.")

    assert text.count("<time ") == 1
    assert "&lt;b&gt;" in text
    assert "2026-13-41T99:00:00Z." in text


def test_every_status_has_a_tone() -> None:
    assert set(TONES) == set(Status)


@pytest.mark.parametrize("template", sorted(FOLDER.glob("*.html")), ids=lambda path: path.name)
def test_no_template_switches_escaping_off(template: object) -> None:
    text = str(template.read_text())  # type: ignore[attr-defined]  # a path

    assert not re.search(r"\|\s*safe|autoescape", text)


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("notification 2b2a541c-e1fe-5cea-9046-82622f652901", "notification 2b2a541c"),
        ("template receipt@2", "template receipt@2"),
        ("user 2b2a541c-e1fe", "user 2b2a541c-e1fe"),
    ],
)
def test_an_id_is_shortened_where_its_page_is_one_click_away(text: str, short: str) -> None:
    assert short_ids(text) == short


def test_a_principal_is_shown_by_its_name() -> None:
    assert caller("arn:aws:iam::123456789012:user/team/author") == "author"
    assert caller("console: ann@example.com") == "console: ann@example.com"


def test_a_channel_of_ones_own_keeps_its_name() -> None:
    assert (channel("sms"), channel("webhook")) == ("SMS", "webhook")
