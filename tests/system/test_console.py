"""The console on the deployed stack: the real sign-in, IAM, and every page by role."""

import re
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urljoin

import httpx
import pytest

from notification_core.domain.console_sessions import Role
from notification_core.entrypoints.console.assets import hash_of
from notification_core.entrypoints.http_api.fields import iso
from tests.functions.api_requests import now
from tests.system.conftest import System, wait_for
from tests.system.console_browser import Browser, title_of


@pytest.fixture(scope="module")
def browsers(system: System) -> Iterator[dict[str, Browser]]:
    """A browser for each role, signed in."""
    found = {str(role): Browser(system.access["console_url"]) for role in Role}
    for role, browser in found.items():
        page = browser.sign_in(f"{role}@example.com", system.access["console_password"])
        assert title_of(page) == "Overview", page.text
    yield found
    for browser in found.values():
        browser.client.close()


def is_signed_in(page: httpx.Response) -> bool:
    """Whether a page is one of the console, and not the sign-in."""
    return "Sign out" in page.text


def test_the_sign_in_returns_to_the_page_and_leaves_one_secret_cookie(system: System) -> None:
    browser = Browser(system.access["console_url"])
    asked = browser.get("/find?q=nobody")
    assert not is_signed_in(asked)
    page = browser.sign_in_on(asked, "support@example.com", system.access["console_password"])

    assert str(page.url).endswith("/console/find?q=nobody")
    assert [cookie.name for cookie in browser.client.cookies.jar] == ["console_session"]
    setting = page.history[-1].headers.get_list("set-cookie")
    assert any("HttpOnly; Secure; SameSite=Lax" in cookie for cookie in setting)


def test_a_wrong_password_signs_nobody_in(system: System) -> None:
    browser = Browser(system.access["console_url"])

    page = browser.sign_in("admin@example.com", "Wrong-password-1")

    assert not is_signed_in(page)
    assert browser.get("/targets", follow=False).status_code == 303


def test_an_account_without_a_group_may_do_nothing(system: System) -> None:
    client, pool = system.client("cognito-idp"), system.access["outputs"]["UserPoolId"]
    password = system.access["console_password"]
    client.admin_create_user(
        UserPoolId=pool, Username="nobody@example.com", MessageAction="SUPPRESS"
    )
    client.admin_set_user_password(
        UserPoolId=pool, Username="nobody@example.com", Password=password, Permanent=True
    )
    browser = Browser(system.access["console_url"])

    page = browser.sign_in("nobody@example.com", password)

    assert page.status_code == 403
    assert title_of(page) == "Your account has no role yet"
    assert browser.get("/targets", follow=False).status_code == 303


def test_a_code_is_used_once(system: System) -> None:
    browser = Browser(system.access["console_url"])
    page = browser.sign_in("support@example.com", system.access["console_password"])
    callback = str(page.history[-1].url)
    assert "code=" in callback

    again = Browser(system.access["console_url"]).get(callback)

    assert again.status_code == 400
    assert title_of(again) == "You are not signed in"


@pytest.mark.parametrize("role", list(Role))
def test_each_role_sees_its_pages_and_no_others(browsers: dict[str, Browser], role: Role) -> None:
    paths = ["", "/find?q=x", "/failed", "/targets", "/jobs", "/audit", "/templates"]
    allowed = {
        Role.AUTHOR: {"", "/templates"},
        Role.SUPPORT: set(paths) - {"/audit", "/templates"},
        Role.OPERATOR: set(paths) - {"/templates"},
        Role.ADMIN: set(paths),
    }[role]

    for path in paths:
        page = browsers[role].get(path)
        assert page.status_code == (200 if path in allowed else 403), (path, page.text)
        assert page.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in page.headers["content-security-policy"]


def test_support_finds_a_person_by_address_and_reads_why(
    system: System, browsers: dict[str, Browser], user: str
) -> None:
    address = f"{user}@example.com"
    system.register(user, "Email", address)
    [sent] = system.notify(user=user, reference=f"order of {user}")
    system.ended(sent)
    browser = browsers["support"]

    found = browser.get("/find", params={"q": address.upper()})
    by_reference = browser.get("/find", params={"q": f"order of {user}"})
    page = browser.get(f"/notifications/{sent['id']}")

    assert sent["id"] in found.text
    assert sent["id"] in by_reference.text
    assert "DELIVERED" in title_of(page)
    assert "It was delivered; there is nothing to do." in page.text
    assert "Hello" not in page.text
    assert address not in page.text


def test_an_administrator_shows_a_message_which_is_logged(
    system: System, browsers: dict[str, Browser], user: str
) -> None:
    system.register(user, "Email", f"{user}@example.com")
    [sent] = system.notify(user=user, title="Secret title", body="<p>Secret</p>" * 200)
    system.ended(sent)
    browser = browsers["admin"]
    page = browser.get(f"/notifications/{sent['id']}")
    assert "Secret title" not in page.text

    shown = browser.submit(page, "/unmask", reason=f"asked by {user}")

    assert "Secret title" in shown.text
    body = browser.get(f"/notifications/{sent['id']}/body")
    assert body.text == "<p>Secret</p>" * 200
    assert body.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert f"asked by {user}" in browser.get("/audit").text


def test_an_operator_cancels_and_gets_the_apis_answer(
    system: System, browsers: dict[str, Browser], user: str
) -> None:
    system.register(user, "Email", f"{user}@example.com")
    [waiting] = system.notify(user=user, scheduled_delivery=iso(now() + timedelta(hours=1)))
    browser = browsers["operator"]
    page = browser.get(f"/notifications/{waiting['id']}")

    first = browser.submit(page, "/cancel", reason="wrong date")
    again = browser.submit(page, "/cancel", reason="twice")

    assert "Cancelled. It will not be sent." in first.text
    assert "Nothing was changed" in again.text
    assert system.read(waiting)["status"] == "CANCELLED"


def test_an_operator_reschedules_and_the_message_comes_then(
    system: System, browsers: dict[str, Browser], user: str
) -> None:
    system.register(user, "Email", f"{user}@example.com")
    [waiting] = system.notify(
        user=user, scheduled_delivery=iso(now() + timedelta(days=1)), body="<p>Hi</p>" * 200
    )
    browser = browsers["operator"]
    page = browser.get(f"/notifications/{waiting['id']}")
    later = now() + timedelta(days=30)

    moved = browser.submit(page, "/reschedule", scheduled_delivery=f"{later:%Y-%m-%dT%H:%M}")
    assert "Changed. The page shows the new times." in moved.text
    assert system.read(waiting)["next_attempt"].startswith(f"{later:%Y-%m-%dT%H:%M}")
    far = browser.submit(page, "/reschedule", scheduled_delivery="2030-01-01T00:00")
    assert (far.status_code, "at most one year after" in far.text) == (422, True)

    browser.submit(page, "/reschedule", scheduled_delivery="2026-01-01T00:00", reason="now")

    assert system.ended(waiting)["status"] == "DELIVERED"
    again = browser.submit(page, "/reschedule", scheduled_delivery=f"{later:%Y-%m-%dT%H:%M}")
    assert "Nothing was changed" in again.text


def test_support_retries_a_failed_notification(
    system: System, browsers: dict[str, Browser], user: str
) -> None:
    record = system.register(user, "Email", f"reject-{user}@example.com")
    [failed] = system.notify(user=user)
    assert system.ended(failed)["status"] == "DELIVERY FAILURE"
    system.api("PATCH", f"/target-user-records/{record}", {"target_user_id": f"{user}@example.com"})
    browser = browsers["support"]
    assert "Reject" in browser.get("/failed").text

    job = browser.submit(browser.get(f"/notifications/{failed['id']}"), "/retry")

    assert "/jobs/" in str(job.url)
    wait_for(lambda: system.read(failed)["status"] == "DELIVERED")
    wait_for(lambda: "<strong>1</strong> retried" in browser.get(str(job.url)).text)


def test_an_operator_pauses_resumes_and_opts_out(
    system: System, browsers: dict[str, Browser], user: str
) -> None:
    browser, target = browsers["operator"], system.target("Expo")
    page = browser.submit(browser.get("/targets"), f"{target['id']}/pause", reason="maintenance")
    assert system.target("Expo")["pause"]["reason"] == "maintenance"
    browser.submit(page, f"{target['id']}/resume")
    assert system.target("Expo")["state"] == "active"

    system.register(user, "Email", f"{user}@example.com")
    page = browser.get("/user", params={"id": user})
    after = browser.submit(page, "/opt-out", active="true", reason="called us")

    assert "opted out" in after.text
    assert system.api("GET", f"/opt-outs/{user}").body["entries"][0]["evidence"] == (
        "console: operator@example.com"
    )


def test_an_administrator_downloads_what_the_api_exports(
    system: System, browsers: dict[str, Browser], user: str
) -> None:
    system.register(user, "Email", f"{user}@example.com")
    [sent] = system.notify(user=user, body="<p>Gr\u00fc\u00dfe</p>" * 200)
    system.ended(sent)
    page = browsers["admin"].get("/user", params={"id": user})

    file = browsers["admin"].submit(page, "/user/export", reason="asked")

    assert file.json() == system.api("GET", f"/users/{user}/export").body
    assert file.headers["cache-control"] == "no-store"
    assert file.headers["content-disposition"].startswith("attachment; ")
    assert "export" in browsers["admin"].get("/audit").text


def test_an_administrator_erases_a_user(
    system: System, browsers: dict[str, Browser], user: str
) -> None:
    system.register(user, "Email", f"{user}@example.com")
    page = browsers["admin"].get("/user", params={"id": user})

    job = browsers["admin"].submit(page, "/erase", confirmation=user, reason="asked")

    assert title_of(job).startswith("Erasure")
    wait_for(lambda: not system.api("GET", f"/users/{user}/export").body["records"])


def test_a_forged_form_changes_nothing(system: System, browsers: dict[str, Browser]) -> None:
    path = f"/targets/{system.target('Expo')['id']}/pause"
    tokens = re.findall(r'name="csrf_token" value="([^"]+)"', browsers["admin"].get().text)

    for token in ("", "forged", tokens[0]):
        page = browsers["operator"].post(path, {"csrf_token": token, "reason": "why"})
        assert page.status_code == 403
    assert system.target("Expo")["state"] == "active"


def test_assets_are_kept_for_ever_and_revalidated(system: System) -> None:
    browser = Browser(system.access["console_url"])
    url = f"/assets/htmx.min.js?v={hash_of('htmx.min.js')}"

    page = browser.get(url)
    again = browser.get(url, headers={"If-None-Match": page.headers["etag"]})

    assert page.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert (again.status_code, again.content) == (304, b"")


def test_a_removed_person_loses_access_within_ten_minutes(system: System) -> None:
    client, pool = system.client("cognito-idp"), system.access["outputs"]["UserPoolId"]
    password = system.access["console_password"]
    who = {"UserPoolId": pool, "Username": "leaver@example.com"}
    client.admin_create_user(**who, MessageAction="SUPPRESS")
    client.admin_set_user_password(**who, Password=password, Permanent=True)
    client.admin_add_user_to_group(**who, GroupName="admin")
    browser = Browser(system.access["console_url"])
    assert is_signed_in(browser.sign_in(who["Username"], password))
    client.admin_delete_user(**who)

    with system.later(minutes=11):
        assert browser.get("/targets", follow=False).status_code == 303


def test_a_sign_out_ends_the_session(system: System) -> None:
    browser = Browser(system.access["console_url"])
    page = browser.sign_in("support@example.com", system.access["console_password"])
    cookie = {"Cookie": f"console_session={browser.client.cookies['console_session']}"}

    out = browser.submit(page, "/sign-out")

    assert title_of(out) == "You are signed out"
    kept = httpx.get(browser.url, headers=cookie, trust_env=False)
    assert kept.status_code == 303, "a copy of the cookie is worth nothing"
    assert urljoin(browser.url, kept.headers["location"]).startswith(f"{browser.url}/sign-in")


def test_the_console_may_not_change_its_users(system: System) -> None:
    variables = system.client("lambda").get_function_configuration(
        FunctionName=system.access["functions"]["ConsolePages"]
    )
    role = variables["Role"].rpartition("/")[2]
    policies = system.client("iam").list_role_policies(RoleName=role)["PolicyNames"]
    texts = [
        str(system.client("iam").get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"])
        for name in policies
    ]
    actions = set(re.findall(r"cognito-idp:[A-Z]\w+", " ".join(texts)))

    assert actions == {
        "cognito-idp:AdminGetUser",
        "cognito-idp:AdminListGroupsForUser",
        "cognito-idp:DescribeUserPoolClient",
        "cognito-idp:ListUserPoolClients",
    }


def test_the_overview_reads_the_states_of_the_alarms(browsers: dict[str, Browser]) -> None:
    page = browsers["support"].get("")

    summary = re.search(r'<p class="summary \w+"><strong>(.+?)</strong>', page.text)
    assert summary is not None
    assert re.search(r"alarms? (is raised|are raised|are OK)|no alarm is raised", summary[1])
    assert "CloudWatch did not answer" not in page.text
