"""What the pages of the deployed console reveal, and what the texts of others do in them."""

from collections.abc import Iterator
from html import unescape
from urllib.parse import quote, urlsplit

import httpx
import pytest

from notification_core.domain.console_sessions import Role
from notification_core.entrypoints.console.responses import HEADERS, MESSAGE_POLICY
from notification_core.entrypoints.console.routes import ROUTES
from tests.console_forms import UNCHANGING
from tests.system.conftest import System
from tests.system.console_markup import foreign_markup, parsed
from tests.system.console_people import Person, people_by_role, recording
from tests.system.console_scene import Scene, make_scene, markup
from tests.system.console_state import audit_log

#: The fields that a page shows to an administrator without unmasking.
SHOWN = (
    *("user", "target", "description", "reference", "pause", "evidence", "job"),
    *("note", "publication", "schema", "example", "sms", "code", "diagnostic"),
)


@pytest.fixture(scope="module")
def scene(system: System) -> Iterator[Scene]:
    """The data."""
    scene = make_scene(system)
    yield scene
    scene.remove(system)


@pytest.fixture(scope="module")
def people(system: System) -> Iterator[dict[Role, Person]]:
    """A person of each role, signed in."""
    with people_by_role(system) as found:
        yield found


def shown_by(person: Person, scene: Scene) -> list[httpx.Response]:
    """Open every page, and return the responses whose addresses name no secret."""
    del person.responses[:]
    for path in scene.pages():
        person.browser.get(path)
    return [
        response
        for response in person.responses
        if not any(secret in str(response.request.url) for secret in scene.secrets)
    ]


@pytest.mark.parametrize("role", Role)
def test_nobody_sees_an_address_or_a_content_that_was_not_unmasked(
    scene: Scene, people: dict[Role, Person], role: Role
) -> None:
    for response in shown_by(people[role], scene):
        text = unescape(f"{response.headers} {response.text}")
        for secret in scene.secrets:
            assert secret not in text, (str(response.request.url), secret)


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.OPERATOR])
def test_a_search_by_an_address_shows_no_other_address_and_no_content(
    scene: Scene, people: dict[Role, Person], role: Role
) -> None:
    entered, *others = scene.secrets
    page = people[role].browser.get("/find", params={"q": entered})

    assert scene.of_person in page.text
    for secret in others:
        assert secret not in unescape(page.text)


def test_every_response_has_strict_headers(
    system: System, scene: Scene, people: dict[Role, Person]
) -> None:
    person = people[Role.ADMIN]
    del person.responses[:]
    for path in (*scene.pages(), "/nothing", "/assets/nothing", "/assets/console.js"):
        person.browser.get(path)
    person.browser.post("/user/erase", {})
    person.browser.get("/sign-in", follow=False)
    person.browser.get("/callback?error=x&error_description=<script>evil()</script>")
    stranger = recording(system)
    stranger.browser.get("/jobs", headers={"HX-Request": "true"})
    stranger.browser.post("/jobs", {})

    for response in person.responses + stranger.responses:
        where, policy = str(response.request.url), response.headers["content-security-policy"]
        for name, value in HEADERS.items():
            assert response.headers[name] == value, where
        assert policy.startswith(("default-src 'none'; script-src 'self';", "sandbox; default-src"))
        assert "unsafe-eval" not in policy
        assert "unsafe-inline" not in policy or policy == MESSAGE_POLICY
        if "/assets/console.js" not in where:
            assert response.headers["cache-control"] == "no-store", where
        for cookie in response.headers.get_list("set-cookie"):
            assert cookie.endswith("; HttpOnly; Secure; SameSite=Lax"), where
            assert f"Path={urlsplit(person.browser.url).path};" in cookie, where


def is_page(response: httpx.Response) -> bool:
    """Whether a response is a page of the console, and not the HTML of a message."""
    is_html = response.headers["content-type"].startswith("text/html")
    return is_html and response.headers["content-security-policy"] != MESSAGE_POLICY


def test_the_texts_of_others_stay_texts_on_every_page(
    scene: Scene, people: dict[Role, Person]
) -> None:
    browser, texts = people[Role.ADMIN].browser, ""
    base = urlsplit(browser.url).path
    for path in scene.pages():
        page = browser.get(path)
        if is_page(page):
            assert page.status_code in {200, 404}, (path, page.text)
            assert foreign_markup(page.text, base) == [], path
            texts += parsed(page.text).all_text
    for field in SHOWN:
        assert f"<i evil={field} " in texts, field


def test_the_texts_of_an_address_stay_texts(people: dict[Role, Person]) -> None:
    person = people[Role.ADMIN]
    base, text = urlsplit(person.browser.url).path, markup("query")
    names = ("q", "id", "of", "record", "target", "code", "hours", "done", "next", "name")
    query = dict.fromkeys((*names, "version", "example", "from", "to", "locale"), text)
    for route in ROUTES:
        if route.method == "GET":
            for given in (text, "%0d%0aX-Injected:%20yes"):
                path = route.path.replace("{id}", quote(given, safe="%"))
                for parameters in ({}, query):
                    page = person.browser.get(path, follow=False, params=parameters)
                    assert page.status_code < 500, (path, page.text)
                    assert "x-injected" not in page.headers, path
                    if is_page(page):
                        assert foreign_markup(page.text, base) == [], path


def test_the_texts_of_a_form_stay_texts(
    system: System, scene: Scene, people: dict[Role, Person]
) -> None:
    person = people[Role.ADMIN]
    base, text = urlsplit(person.browser.url).path, markup("form")
    token = person.token
    for name, (path, fields) in scene.forms(system).items():
        for field in fields:
            if field not in {"action", "base", "reason"}:
                # The form of another version, or a reason that is too long, changes nothing.
                refused = {"base": "0"} if "base" in fields else {"reason": "x" * 501}
                given = fields | refused | {field: text, "csrf_token": token}
                page = person.browser.post(path, given, follow=False)
                assert page.status_code < 500, (name, field, page.text)
                if is_page(page):
                    assert foreign_markup(page.text, base) == [], (name, field)


def test_a_message_is_shown_in_full_only_by_its_unmasking(
    system: System, scene: Scene, people: dict[Role, Person]
) -> None:
    browser, path = people[Role.ADMIN].browser, f"/notifications/{scene.html}"
    assert browser.get(f"{path}/body").status_code == 404
    before = len(audit_log(system))

    browser.submit(browser.get(path), "/unmask", reason=markup("reason"))
    page, body = browser.get(path), browser.get(f"{path}/body")

    [entry] = audit_log(system)[before:]
    assert (entry["who"], entry["action"], entry["subject"], entry["outcome"]) == (
        "admin@example.com",
        "unmask",
        f"notification {scene.html}",
        "shown",
    )
    assert scene.person in page.text
    assert foreign_markup(page.text, urlsplit(browser.url).path) == []
    [frame] = [element for element in parsed(page.text).elements if element.tag == "iframe"]
    assert (frame.attributes["sandbox"], frame.attributes["src"]) == (
        "",
        urlsplit(f"{browser.url}{path}/body").path,
    )
    assert "<script>evil()</script>" in body.text
    assert body.headers["content-security-policy"] == MESSAGE_POLICY
    log = browser.get("/audit")
    assert markup("reason") in parsed(log.text).all_text
    assert foreign_markup(log.text, urlsplit(browser.url).path) == []
    # Another notification of the same person stays masked, and so does this one for others.
    assert "wednesday" not in browser.get(f"/notifications/{scene.of_person}").text
    for role in (Role.SUPPORT, Role.OPERATOR):
        assert "wednesday" not in people[role].browser.get(path).text
        assert people[role].browser.get(f"{path}/body").status_code == 403


def test_each_change_has_exactly_one_entry_with_its_result(
    system: System, scene: Scene, people: dict[Role, Person]
) -> None:
    admin, count = people[Role.ADMIN], len(audit_log(system))
    for name, (path, fields) in scene.forms(system).items():
        page = admin.post(path, fields)

        # This deployment names no addresses of the team, so the test of a template is refused.
        expected = {422} if name == "test_template" else {200, 303}
        assert page.status_code in expected, (name, page.text)
        new = audit_log(system)[count:]
        assert len(new) == (name not in UNCHANGING), name
        for entry in new:
            assert (entry["who"], entry["reason"]) == ("admin@example.com", "asked by the driver")
            assert entry["outcome"].startswith("refused") is (name == "test_template"), entry
            assert not any(secret in str(entry) for secret in scene.secrets), entry
        count += len(new)
