"""Every request: the session, the token, the headers, and errors."""

from datetime import timedelta
from html import unescape

import pytest

from notification_core.domain.console_sessions import LIFETIME, ROLES_FRESH, Person, Role
from notification_core.domain.errors import Unavailable
from notification_core.entrypoints.console.app import CSRF_FIELD, CSRF_HEADER
from notification_core.entrypoints.console.responses import HEADERS, MESSAGE_POLICY
from tests.builders import World
from tests.console_world import BASE, Browser, ConsoleWorld, Page, is_paused
from tests.usecases.steps import stored


def test_the_sign_in_returns_to_the_page_that_was_asked_for(site: ConsoleWorld) -> None:
    page = site.stranger().get("/find", q="ann & bob")

    assert page.headers["Location"] == f"{BASE}/sign-in?to=%2Ffind%3Fq%3Dann%2B%2526%2Bbob"


def test_htmx_is_told_to_leave_the_page_because_it_cannot_sign_in(site: ConsoleWorld) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": f"https://api.example.com{BASE}/jobs/1"}

    page = site.stranger().get("/jobs/1", headers)

    assert page.status == 401
    assert page.headers["HX-Redirect"] == f"{BASE}/sign-in?to=%2Fjobs%2F1"


@pytest.mark.parametrize("cookie", ["x", "'; drop", "a=b; console_session", "\u00e4", "x" * 5000])
def test_a_cookie_of_another_kind_is_no_session(site: ConsoleWorld, cookie: str) -> None:
    site.person(Role.ADMIN)

    assert Browser(site.app, cookie).get().status == 303


def test_a_session_works_until_its_end_and_not_after(site: ConsoleWorld, world: World) -> None:
    browser = site.person(Role.SUPPORT)
    world.watch.now += LIFETIME - timedelta(seconds=1)
    assert browser.get().status == 200
    world.watch.forward(seconds=1)
    assert browser.get().status == 303


def test_a_person_who_lost_a_role_loses_its_pages_within_ten_minutes(
    site: ConsoleWorld, world: World, pause: str
) -> None:
    browser = site.person(Role.OPERATOR)
    site.person(Role.SUPPORT)  # the same person, from now on
    world.watch.now += ROLES_FRESH

    assert browser.post(pause, reason="why").status == 403
    assert not is_paused(world)


def test_a_form_with_the_token_of_the_session_is_accepted(
    site: ConsoleWorld, world: World, pause: str
) -> None:
    page = site.person(Role.OPERATOR).post(pause, reason="why")

    assert (page.status, page.location) == (303, "/targets")
    assert is_paused(world)


def test_htmx_sends_the_token_in_a_header(site: ConsoleWorld, world: World, pause: str) -> None:
    browser = site.person(Role.OPERATOR)

    browser.post(pause, "", {CSRF_HEADER: browser.csrf_token}, reason="why")

    assert is_paused(world)


@pytest.mark.parametrize("token", ["", "x", "\u00e4", " ", "None"])
def test_a_form_with_another_token_changes_nothing(
    site: ConsoleWorld, world: World, pause: str, token: str
) -> None:
    page = site.person(Role.OPERATOR).post(pause, token, reason="why")

    assert page.status == 403
    assert "The form is not valid" in page.body
    assert not is_paused(world)
    assert site.audit == []


def test_a_token_of_another_session_is_refused_even_of_the_same_person(
    site: ConsoleWorld, world: World, pause: str
) -> None:
    earlier, browser = site.person(Role.OPERATOR), site.person(Role.OPERATOR)

    assert browser.post(pause, earlier.csrf_token, reason="why").status == 403
    assert not is_paused(world)


@pytest.mark.parametrize("origin", ["cross-site", "same-site"])
def test_a_form_of_another_site_is_refused_even_with_the_token(
    site: ConsoleWorld, world: World, pause: str, origin: str
) -> None:
    browser = site.person(Role.OPERATOR)

    assert browser.post(pause, None, {"Sec-Fetch-Site": origin}, reason="why").status == 403
    assert browser.get("/targets", {"Sec-Fetch-Site": origin}).status == 200
    assert not is_paused(world)


def test_a_missing_field_is_an_error_with_a_remedy(
    site: ConsoleWorld, world: World, pause: str
) -> None:
    page = site.person(Role.OPERATOR).post(pause, reason=" ")

    assert page.status == 422
    assert "must say why, for the audit log" in page.body
    assert not is_paused(world)


def pages(site: ConsoleWorld, world: World) -> dict[str, Page]:
    """One response of each kind."""
    browser, stranger = site.person(*Role), site.stranger()
    notification = stored(world)
    return {
        "page": browser.get(),
        "part": browser.get("/", {"HX-Request": "true"}),
        "redirect": browser.post(f"/notifications/{notification.id}/cancel"),
        "to sign in": stranger.get(),
        "sign-in": stranger.get("/sign-in"),
        "htmx to sign in": stranger.get("/", {"HX-Request": "true"}),
        "callback": stranger.get("/callback", code="x", state="x"),
        "bye": stranger.get("/bye"),
        "asset": stranger.get("/assets/console.css"),
        "no asset": stranger.get("/assets/../app.py"),
        "not found": browser.get("/nothing"),
        "forged": browser.post("/user/erase", ""),
        "invalid": browser.post("/user/erase"),
        "sign-out": browser.post("/sign-out"),
    }


def test_every_response_has_the_security_headers(site: ConsoleWorld, world: World) -> None:
    for kind, page in pages(site, world).items():
        assert page.headers.items() >= HEADERS.items(), kind
        policy = page.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';"), kind
        assert "form-action 'self' https://people.auth.example.com;" in policy, kind
        assert "unsafe" not in policy, kind
        assert "*" not in policy, kind


def test_nothing_but_an_asset_is_cached(site: ConsoleWorld, world: World) -> None:
    for kind, page in pages(site, world).items():
        if kind != "asset":
            assert page.headers["Cache-Control"] == "no-store", kind


def test_every_cookie_is_for_the_console_only_and_not_for_scripts(
    site: ConsoleWorld, world: World
) -> None:
    cookies = [cookie for page in pages(site, world).values() for cookie in page.cookies]

    assert cookies
    for cookie in cookies:
        assert f"Path={BASE};" in cookie
        assert cookie.endswith("HttpOnly; Secure; SameSite=Lax")


def test_the_policy_of_a_message_runs_and_loads_nothing() -> None:
    assert MESSAGE_POLICY.startswith("sandbox; default-src 'none';")
    assert "script" not in MESSAGE_POLICY
    assert "http" not in MESSAGE_POLICY


def test_an_unexpected_error_reveals_nothing(
    site: ConsoleWorld, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> None:
        raise RuntimeError("ann@example.com")

    monkeypatch.setattr(world.targets, "all", fails)

    page = site.person(Role.SUPPORT).get("/targets")

    assert (page.status, page.body) == (500, "Something failed on our side.")
    assert page.headers.items() >= HEADERS.items()


def test_the_console_is_unavailable_while_old_roles_cannot_be_read(
    site: ConsoleWorld, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unavailable(username: str) -> Person | None:
        raise Unavailable(username)

    browser = site.person(Role.SUPPORT)
    monkeypatch.setattr(site.ports.directory, "find", unavailable)
    world.watch.now += ROLES_FRESH

    assert browser.get().status == 503


def test_a_sign_out_ends_the_session_here_and_at_the_user_pool(site: ConsoleWorld) -> None:
    browser = site.person(Role.SUPPORT)

    page = browser.post("/sign-out")

    assert page.status == 303
    assert page.headers["Location"].startswith("https://people.auth.example.com/logout?client_id=")
    assert "Max-Age=0" in page.cookies[0]
    assert site.sessions == []
    assert browser.get().status == 303


def test_somebody_else_cannot_sign_a_person_out(site: ConsoleWorld) -> None:
    assert site.person(Role.SUPPORT).post("/sign-out", "").status == 403
    assert len(site.sessions) == 1


def test_a_body_that_api_gateway_encodes_is_read(site: ConsoleWorld, world: World) -> None:
    from tests.console_world import proxy_event  # noqa: PLC0415 - of this test only

    browser = site.person(Role.OPERATOR)
    event = proxy_event(
        "POST",
        f"/targets/{world.target.id}/pause",
        {},
        f"{CSRF_FIELD}={browser.csrf_token}&reason=why",
        {"cookie": f"console_session={browser.session_id}"},
        encoded=True,
    )

    assert site.app.handle(event, None)["statusCode"] == 303
    assert is_paused(world)


def test_a_refused_form_leads_back_to_its_page(site: ConsoleWorld) -> None:
    browser = site.person(Role.ADMIN)
    page = f"{BASE}/user?id=eggs&x=<b>"
    origin = {"Referer": f"https://api.example.com{page}"}

    refused = browser.post("/user/erase", None, origin, id="eggs", confirmation="ham", reason="why")

    assert refused.status == 422
    assert "<b>" not in refused.body
    assert f'href="{page}">Back</a>' in unescape(refused.body)
    assert "The confirmation is not the id of the user; nothing was erased." in refused.body


@pytest.mark.parametrize(
    "referer", ["", "https://evil.example/x", "https://[", "//evil.example/", f"{BASE}x"]
)
def test_a_message_leads_back_to_pages_of_the_console_only(
    site: ConsoleWorld, referer: str
) -> None:
    refused = site.person(Role.ADMIN).get("/notifications/nothing", {"Referer": referer})

    assert refused.status == 404
    assert (">Back</a>" in refused.body, "This cannot be shown" in refused.body) == (
        False,
        True,
    )
