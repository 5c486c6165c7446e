"""Requests that no page of the console sends: each is refused with a page, and changes nothing."""

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import pytest

from notification_core.domain.console_sessions import Role
from notification_core.entrypoints.console.app import CSRF_FIELD
from notification_core.entrypoints.console.request import MAX_FIELDS, MAX_FORM
from notification_core.entrypoints.console.routes import ROUTES
from notification_core.entrypoints.console.sign_in import Attempt
from tests.builders import World
from tests.console_world import (
    BASE,
    Browser,
    ConsoleWorld,
    Page,
    add_person,
    is_paused,
    proxy_event,
)
from tests.entrypoints.test_console_sign_in import Pool

ORIGIN = "https://api.example.com"

#: Texts that no page sends, and that a store, a number or a header may not accept.
HOSTILE = (
    "",
    "\x00",
    "%00",
    "\r\nX-Injected: yes",
    "//evil.example",
    "\\\\evil.example",
    "../../audit",
    "\ufffd\U0001f600" * 50,
    "9" * 3000,
    "-1",
    "\u0661",
    "9999-12/x",
    "2026-99/x",
    "null",
    "[1]",
)

#: Names of parameters: those that the pages use, and those of the functions that read them.
NAMES = (
    *("q", "id", "of", "record", "target", "code", "hours", "done", "next", "name", "version"),
    *("example", "from", "to", "locale", "path", "self", "url", "status", "title", "session"),
)


def post_body(browser: Browser, path: str, body: str, **headers: str) -> Page:
    """Send a body as it is."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return browser.send("POST", path, {}, body, given)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_a_hostile_text_in_any_parameter_is_no_error_of_ours(
    site: ConsoleWorld, route: Any
) -> None:
    browser = site.person(*Role)
    for text in HOSTILE:
        path = route.path.replace("{id}", text)
        for given in ({}, dict.fromkeys(NAMES, text)):
            body = urlencode({**given, CSRF_FIELD: browser.csrf_token})
            query = given if route.method == "GET" else {}
            page = browser.send(route.method, path, query, body, {})
            assert page.status < 500, (path, given, page.body)
            assert "\n" not in page.headers.get("Location", "")


@pytest.mark.parametrize("name", NAMES)
def test_a_parameter_may_have_any_name_before_the_sign_in(site: ConsoleWorld, name: str) -> None:
    page = site.stranger().send("GET", "/find", {name: "x"}, "", {})

    assert page.headers["Location"] == f"{BASE}/sign-in?to=%2Ffind%3F{name}%3Dx"


@pytest.mark.parametrize(
    "current", ["http://[", "//evil.example/v1/console", "javascript:x()", "\x00", f"{BASE}//evil"]
)
def test_htmx_is_sent_to_no_other_site(site: ConsoleWorld, current: str) -> None:
    page = site.stranger().get("/jobs", {"HX-Request": "true", "HX-Current-URL": current})

    assert page.status == 401
    assert page.headers["HX-Redirect"].startswith(f"{BASE}/sign-in")


def test_a_form_without_a_session_is_answered_by_a_page_that_says_so(
    site: ConsoleWorld, world: World, pause: str
) -> None:
    page = site.stranger().post(pause, reason="why")

    assert page.status == 401
    assert "Nothing was changed" in page.body
    assert not is_paused(world)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "post"])
def test_only_a_post_changes_anything(
    site: ConsoleWorld, world: World, pause: str, method: str
) -> None:
    browser = site.person(*Role)
    form = urlencode({CSRF_FIELD: browser.csrf_token, "reason": "why"})

    page = browser.send(method, pause, {}, form, {})

    assert page.status in {403, 404}
    assert not is_paused(world)


def test_a_token_in_the_address_is_worth_nothing(
    site: ConsoleWorld, world: World, pause: str
) -> None:
    browser = site.person(Role.OPERATOR)

    page = browser.send("POST", pause, {CSRF_FIELD: browser.csrf_token}, "reason=why", {})

    assert page.status == 403
    assert not is_paused(world)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": ORIGIN}, 303),
        ({"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}, 303),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": f"{ORIGIN}.evil.example"}, 403),
        ({"Origin": "http://api.example.com"}, 403),
        ({"Origin": ORIGIN, "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ],
    ids=lambda value: " ".join(value.values()) if isinstance(value, Mapping) else str(value),
)
def test_a_form_of_another_origin_is_refused_even_with_the_token(
    site: ConsoleWorld, world: World, pause: str, headers: dict[str, str], status: int
) -> None:
    page = site.person(Role.OPERATOR).post(pause, None, headers, reason="why")

    assert page.status == status
    assert is_paused(world) is (status == 303)


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/json", "multipart/form-data; boundary=x"]
)
def test_a_body_of_another_type_is_no_form(
    site: ConsoleWorld, world: World, pause: str, content_type: str
) -> None:
    browser = site.person(Role.OPERATOR)
    form = urlencode({CSRF_FIELD: browser.csrf_token, "reason": "why"})

    page = post_body(browser, pause, form, Content_Type=content_type)

    assert (page.status, is_paused(world)) == (403, False)


def test_a_form_may_say_its_charset(site: ConsoleWorld, world: World, pause: str) -> None:
    browser = site.person(Role.OPERATOR)
    form = urlencode({CSRF_FIELD: browser.csrf_token, "reason": "why"})
    kind = "application/x-www-form-urlencoded; charset=UTF-8"

    assert post_body(browser, pause, form, Content_Type=kind).status == 303
    assert is_paused(world)


@pytest.mark.parametrize(
    "rest", ["&x=" * MAX_FIELDS, "&x=" + "x" * MAX_FORM], ids=["too many fields", "too long"]
)
def test_a_form_that_is_too_large_is_refused_as_that(
    site: ConsoleWorld, world: World, pause: str, rest: str
) -> None:
    browser = site.person(Role.OPERATOR)

    page = post_body(browser, pause, f"{CSRF_FIELD}={browser.csrf_token}&reason=why{rest}")

    assert page.status == 413
    assert "The form is too large" in page.body
    assert not is_paused(world)


@pytest.mark.parametrize("body", [b"\x00\xff\xfe", b"%ff%fe=%00", b"&&==&", b"\x1f\x8b\x08"])
def test_a_binary_body_is_no_form(
    site: ConsoleWorld, world: World, pause: str, body: bytes
) -> None:
    browser = site.person(Role.OPERATOR)
    event = proxy_event("POST", pause, {}, "", {"Cookie": f"console_session={browser.session_id}"})
    encoded = {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}

    assert site.app.handle(event | encoded, None)["statusCode"] == 403
    assert not is_paused(world)


def test_of_a_field_that_is_sent_twice_the_last_one_counts(
    site: ConsoleWorld, world: World, pause: str
) -> None:
    browser = site.person(Role.OPERATOR)
    valid = f"{CSRF_FIELD}={browser.csrf_token}&reason=why"

    assert post_body(browser, pause, f"{valid}&{CSRF_FIELD}=forged").status == 403
    assert not is_paused(world)
    assert post_body(browser, pause, f"{CSRF_FIELD}=forged&{valid}").status == 303


def test_of_several_session_cookies_none_is_used(site: ConsoleWorld) -> None:
    mine, other = site.person(Role.SUPPORT), site.person(Role.ADMIN, username="eve")
    first, second = (f"console_session={browser.session_id}" for browser in (mine, other))
    stranger = site.stranger()

    for cookies in (f"{first}; {second}", f"{second}; {first}", f"{first}, {second}"):
        assert stranger.get("/", {"Cookie": cookies}).status == 303
    assert stranger.get("/", {"Cookie": f"{first}; {first}"}).status == 200
    assert stranger.get("/", {"Cookie": f'other="a b{{}}"; x; {first}'}).status == 200
    assert stranger.get("/", {"Cookie": f"CONSOLE_SESSION={mine.session_id}"}).status == 303
    for part in (mine.session_id[:-1], f"{mine.session_id}x", mine.session_id.swapcase()):
        assert stranger.get("/", {"Cookie": f"console_session={part}"}).status == 303


@pytest.mark.parametrize(
    "page",
    [
        *("//evil.example", "@evil.example", "/\r\nX: y", "https://evil.example", "/\\evil", ""),
        *("/../../evil", "/%2e%2e/x", "/find/..", "/.%2E/x"),
    ],
)
def test_a_planted_sign_in_leads_to_no_other_site(
    site: ConsoleWorld, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    add_person(site.ports, Role.SUPPORT)
    monkeypatch.setattr(site.app, "_sign_in", Pool())
    planted = Attempt("state", "nonce", "verifier", page).seal()

    arrived = site.stranger().send(
        "GET",
        "/callback",
        {"state": "state", "code": "code"},
        "",
        {"Cookie": f"console_sign_in={planted}"},
    )

    assert (arrived.status, arrived.headers["Location"]) == (302, BASE)


@pytest.mark.parametrize("query", [{}, {"state": "state"}, {"error": "<script>x()</script>"}])
@pytest.mark.parametrize(
    "value", ["", "x", "e30", base64.urlsafe_b64encode(json.dumps(["a"] * 9).encode()).decode()]
)
def test_a_callback_that_belongs_to_no_sign_in_opens_no_session(
    site: ConsoleWorld, query: dict[str, str], value: str
) -> None:
    text = {"error_description": "<img src=x onerror=x()>"}

    page = site.stranger().send(
        "GET", "/callback", query | text, "", {"Cookie": f"console_sign_in={value}"}
    )

    assert page.status == 400
    assert site.sessions == []
    assert "script>x" not in page.body
    assert "onerror" not in page.body
