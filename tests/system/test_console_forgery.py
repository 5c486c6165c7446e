"""Forged forms, cookies and sign-ins at the deployed console: nothing is changed or opened."""

import base64
import http.client
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import httpx
import pytest

from notification_core.domain.console_sessions import LIFETIME, Role, session_hash
from tests.system.conftest import System
from tests.system.console_browser import title_of
from tests.system.console_people import Person, Pool, people_by_role, recording
from tests.system.console_state import table_names

FORM = "application/x-www-form-urlencoded"
MARKUP = "<script>evil()</script><img src=x onerror=evil()>"


@pytest.fixture(scope="module")
def people(system: System) -> Iterator[dict[Role, Person]]:
    """A person of each role, signed in."""
    with people_by_role(system) as found:
        yield found


@pytest.fixture(scope="module")
def path(system: System) -> str:
    """The path of a change."""
    return f"/targets/{system.target('Expo')['id']}/pause"


def is_paused(system: System) -> bool:
    """Whether the change was made."""
    return bool(system.target("Expo")["state"] != "active")


def send(
    system: System, method: str, path: str, body: bytes = b"", *, cookie: str = ""
) -> tuple[int, httpx.Headers, str]:
    """Send a request whose path is not normalised, and return status, headers and body."""
    url = urlsplit(system.access["console_url"])
    connection = http.client.HTTPConnection(url.netloc, timeout=30)
    try:
        connection.putrequest(method, f"{url.path}{path}", skip_accept_encoding=True)
        connection.putheader("Content-Length", str(len(body)))
        if cookie:
            connection.putheader("Cookie", cookie)
        if body:
            connection.putheader("Content-Type", FORM)
        connection.endheaders(body)
        answer = connection.getresponse()
        return answer.status, httpx.Headers(answer.getheaders()), answer.read().decode()
    finally:
        connection.close()


def test_a_forged_token_changes_nothing(
    system: System, people: dict[Role, Person], path: str
) -> None:
    operator, admin = people[Role.OPERATOR], people[Role.ADMIN]
    token, browser = operator.token, people[Role.OPERATOR].browser
    for forged in ("", "forged", "null", token[:-1], token.swapcase(), admin.token, f"{token} x"):
        assert browser.post(path, {"csrf_token": forged, "reason": "why"}).status_code == 403
        header = {"X-CSRF-Token": forged}
        assert browser.post(path, {"reason": "why"}, headers=header).status_code == 403
    assert browser.post(f"{path}?csrf_token={token}", {"reason": "why"}).status_code == 403
    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Content-Type": "text/plain"},
        {"Content-Type": "multipart/form-data; boundary=x"},
    ):
        answer = operator.post(path, {"reason": "why"}, headers=headers)
        assert answer.status_code == 403, headers
    assert not is_paused(system)


def test_a_form_of_the_console_itself_is_accepted(
    system: System, people: dict[Role, Person], path: str
) -> None:
    parts = urlsplit(people[Role.OPERATOR].browser.url)
    own = {"Origin": f"{parts.scheme}://{parts.netloc}", "Sec-Fetch-Site": "same-origin"}

    for change in (path, path.replace("pause", "resume")):
        answer = people[Role.OPERATOR].post(change, {"reason": "why"}, headers=own)
        assert answer.status_code == 303
    assert not is_paused(system)


def test_a_token_is_worth_nothing_after_the_sign_out(system: System, path: str) -> None:
    pool = Pool(system)
    name = pool.add("operator")
    former = pool.sign_in(name)
    token, cookie = former.token, former.cookie
    former.browser.submit(former.browser.get(), "/sign-out")
    form = urlencode({"csrf_token": token, "reason": "why"}).encode()

    status, _, text = send(system, "POST", path, form, cookie=f"console_session={cookie}")
    now = pool.sign_in(name)
    again = now.browser.post(path, {"csrf_token": token, "reason": "why"})

    assert (status, "Nothing was changed" in text) == (401, True)
    assert again.status_code == 403
    assert not is_paused(system)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_only_a_post_changes_anything(
    system: System, people: dict[Role, Person], path: str, method: str
) -> None:
    operator = people[Role.OPERATOR]
    form = urlencode({"csrf_token": operator.token, "reason": "why"})
    cookie = f"console_session={operator.cookie}"

    status, _, _ = send(system, method, f"{path}?{form}", form.encode(), cookie=cookie)

    assert 400 <= status < 500
    assert not is_paused(system)


def test_a_session_that_is_over_or_is_not_exactly_that_opens_nothing(
    system: System, people: dict[Role, Person]
) -> None:
    pool = Pool(system)
    stale = pool.sign_in(pool.add("admin"))
    ended = datetime.now(UTC) - LIFETIME - timedelta(minutes=1)
    system.client("dynamodb").update_item(
        TableName=table_names(system)["SESSIONS_TABLE"],
        Key={"id": {"S": session_hash(stale.cookie)}},
        UpdateExpression="SET created_at = :then",
        ExpressionAttributeValues={":then": {"N": str(int(ended.timestamp() * 1000))}},
    )
    mine, other = people[Role.SUPPORT].cookie, people[Role.ADMIN].cookie
    for cookie in (
        stale.cookie,
        mine[:-1],
        f"{mine}x",
        mine.swapcase(),
        session_hash(mine),
        "",
        "null",
        "x" * 4000,
        f'"{mine}',
        f"{mine}; console_session={other}",
        f"{other}; console_session={mine}",
        "../../sessions",
        "\x01\x7f",
        "%00",
    ):
        status, headers, _ = send(system, "GET", "/targets", cookie=f"console_session={cookie}")
        assert (status, "/sign-in" in headers["location"]) == (303, True), cookie
    status, _, _ = send(system, "GET", "/targets", cookie=f"a=b; console_session={mine}; c={{}}")
    assert status == 200


def test_a_session_from_before_the_sign_in_does_not_survive_it(system: System) -> None:
    pool = Pool(system)
    planted = pool.sign_in(pool.add("support"))
    name, victim = pool.add("admin"), recording(system)
    url = urlsplit(victim.browser.url)
    victim.browser.client.cookies.set(
        "console_session", planted.cookie, domain=url.hostname or "", path=url.path
    )

    page = victim.browser.get("/sign-in")
    victim.browser.sign_in_on(page, name, pool.password)

    cookies = [
        cookie.value
        for cookie in victim.browser.client.cookies.jar
        if cookie.name == "console_session"
    ]
    assert planted.cookie not in cookies
    assert "Roles: admin" in victim.browser.get().text
    assert planted.browser.get(follow=False).status_code == 303


def begin(system: System, to: str = "/") -> tuple[Person, httpx.Response]:
    """Begin a sign-in; return the browser and the page of the user pool."""
    person = recording(system)
    return person, person.browser.get("/sign-in", params={"to": to})


def attempt_of(person: Person) -> list[str]:
    """Return state, nonce, verifier and destination of a sign-in under way."""
    value = person.browser.client.cookies["console_sign_in"]
    fields: list[str] = json.loads(base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)))
    return fields


def plant(person: Person, fields: list[str]) -> None:
    """Replace the sign-in under way in a browser."""
    value = base64.urlsafe_b64encode(json.dumps(fields).encode()).decode().rstrip("=")
    for cookie in person.browser.client.cookies.jar:
        if cookie.name == "console_sign_in":
            cookie.value = value


@pytest.mark.parametrize("field", ["state", "nonce", "verifier"])
def test_a_sign_in_that_another_browser_began_is_refused(system: System, field: str) -> None:
    pool, (person, page) = Pool(system), begin(system)
    fields = attempt_of(person)
    fields[["state", "nonce", "verifier"].index(field)] = "x" * 43
    plant(person, fields)

    arrived = person.browser.sign_in_on(page, "admin@example.com", pool.password)

    assert (arrived.status_code, title_of(arrived)) == (400, "You are not signed in")
    assert "console_session" not in person.browser.client.cookies


def test_a_callback_cannot_be_replayed_or_made_up(system: System) -> None:
    pool, (person, page) = Pool(system), begin(system)
    fields = attempt_of(person)
    arrived = person.browser.sign_in_on(page, "support@example.com", pool.password)
    callback = str(arrived.history[-1].url)
    query = parse_qs(urlsplit(callback).query)
    other, _ = begin(system)
    plant(other, fields)

    replayed = other.browser.get(callback)
    made_up = [
        begin(system)[0].browser.get("/callback", params=parameters)
        for parameters in (
            {},
            {"code": query["code"][0]},
            {"state": query["state"][0]},
            {"error": MARKUP, "error_description": MARKUP, "state": MARKUP},
        )
    ]

    for answer in (replayed, *made_up):
        assert (answer.status_code, title_of(answer)) == (400, "You are not signed in")
        assert "evil" not in answer.text
    assert "console_session" not in other.browser.client.cookies


@pytest.mark.parametrize(
    "destination",
    [
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example/",
        "/%0d%0aX-Injected:%20yes",
        "/\r\nX-Injected: yes",
        "javascript:evil()",
        "@evil.example",
        "/../../evil",
    ],
)
def test_a_sign_in_ends_in_the_console(system: System, destination: str) -> None:
    person, page = begin(system, destination)

    arrived = person.browser.sign_in_on(page, "support@example.com", Pool(system).password)

    first = arrived.history[-1].headers
    place = urljoin(person.browser.url, first["location"])
    assert place.startswith(person.browser.url)
    assert "x-injected" not in first
    assert "evil.example" not in urlsplit(place).netloc


@pytest.mark.parametrize(
    "path",
    [
        *("/%2e%2e/%2e%2e/targets", "/../targets", "//targets", "/targets/", "/targets%00"),
        *("/%00", "/targets%2f..%2faudit", "/targets;x=1", "/TARGETS", "/%c0%ae%c0%ae/audit"),
        *("/assets/../app.py", "/assets/%2e%2e/app.py", "/assets//etc/passwd", "/%ff", "/a%0d%0ab"),
        "/" + "x" * 2000,
    ],
)
def test_a_path_that_is_written_otherwise_opens_no_other_page(
    system: System, people: dict[Role, Person], path: str
) -> None:
    for cookie in ("", f"console_session={people[Role.AUTHOR].cookie}"):
        status, answered, text = send(system, "GET", path, cookie=cookie)
        assert status in {303, 400, 403, 404}, (status, text)
        assert "location" not in answered or "/sign-in" in answered["location"]
        assert "x-injected" not in answered


@pytest.mark.parametrize(
    "body",
    [
        b"\x00\xff\xfe\x1f\x8b",
        b"%ff%fe=%00&%",
        b"&&==&;",
        b'{"csrf_token": "x"}',
        b"x=" + b"y" * 4_500_000,
        b"&x=" * 3000,
    ],
    ids=["binary", "invalid text", "separators", "JSON", "too long", "too many fields"],
)
def test_a_body_that_is_no_form_is_refused_with_a_page(
    system: System, people: dict[Role, Person], path: str, body: bytes
) -> None:
    cookie = f"console_session={people[Role.OPERATOR].cookie}"

    status, _, text = send(system, "POST", path, body, cookie=cookie)

    assert status in {403, 413}, text
    assert "Nothing was changed" in text
    assert not is_paused(system)
