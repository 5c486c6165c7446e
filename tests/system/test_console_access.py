"""Who may do what in the console of the deployed stack: each route, form and link, by each role."""

from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urljoin, urlsplit

import pytest

from notification_core.domain.console_sessions import Role
from notification_core.entrypoints.console.routes import ROUTES, find_route
from tests.entrypoints.test_console_routes import EXPECTED
from tests.system.conftest import System
from tests.system.console_markup import parsed
from tests.system.console_people import Person, Pool, people_by_role, recording
from tests.system.console_scene import Scene, make_scene
from tests.system.console_state import state_of


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


@pytest.fixture(scope="module")
def forms(system: System, scene: Scene) -> dict[str, tuple[str, dict[str, str]]]:
    """A valid form for each change."""
    return scene.forms(system)


def concrete(path: str, scene: Scene, system: System) -> str:
    """Return the path of a route with ids that exist."""
    ids = {
        "notifications": scene.html,
        "targets": system.target("Expo")["id"],
        "jobs": scene.job,
        "templates": scene.template,
    }
    return path.replace("{id}", ids.get(path.split("/")[1], ""))


def test_every_route_and_every_form_has_an_expectation(
    forms: dict[str, tuple[str, dict[str, str]]],
) -> None:
    assert set(EXPECTED) == {route.name for route in ROUTES}
    assert set(forms) == {route.name for route in ROUTES if route.method == "POST"}


@pytest.mark.parametrize("role", Role)
def test_a_role_gets_no_page_of_another_role(
    system: System, scene: Scene, people: dict[Role, Person], role: Role
) -> None:
    for route in ROUTES:
        if route.method == "GET":
            page = people[role].browser.get(concrete(route.path, scene, system), follow=False)
            is_refused = role not in EXPECTED[route.name]
            assert (page.status_code == 403) is is_refused, (route.name, page.text)
            assert page.status_code < 500, (route.name, page.text)


@pytest.mark.parametrize("role", Role)
def test_a_role_changes_nothing_that_another_role_may_change(
    system: System,
    people: dict[Role, Person],
    forms: dict[str, tuple[str, dict[str, str]]],
    role: Role,
) -> None:
    before = state_of(system)

    for name, (path, fields) in forms.items():
        if role not in EXPECTED[name]:
            page = people[role].post(path, fields)
            assert page.status_code == 403, (name, page.text)

    assert state_of(system) == before


def test_a_stranger_gets_the_sign_in_and_changes_nothing(
    system: System, scene: Scene, forms: dict[str, tuple[str, dict[str, str]]]
) -> None:
    stranger, before = recording(system).browser, state_of(system)
    for route in ROUTES:
        if route.method == "GET":
            page = stranger.get(concrete(route.path, scene, system), follow=False)
            assert page.status_code == 303, route.name
            path = urlsplit(urljoin(stranger.url, page.headers["location"])).path
            assert path == urlsplit(f"{stranger.url}/sign-in").path
    for name, (path, fields) in forms.items():
        page = stranger.post(path, fields, follow=False)
        assert (page.status_code, "Nothing was changed" in page.text) == (401, True), name
    assert state_of(system) == before


def test_people_without_access_get_no_session(system: System) -> None:
    pool = Pool(system)
    disabled = pool.add("admin")
    pool.disable(disabled)
    with suppress(pool.client.exceptions.GroupExistsException):
        pool.client.create_group(UserPoolId=pool.id, GroupName="administrators")

    for name in (pool.add(), pool.add("administrators"), disabled):
        person = pool.sign_in(name)
        assert "console_session" not in person.browser.client.cookies
        assert person.browser.get("/targets", follow=False).status_code == 303


def test_who_loses_a_role_or_is_disabled_loses_access_within_ten_minutes(
    system: System, forms: dict[str, tuple[str, dict[str, str]]]
) -> None:
    pool = Pool(system)
    names = {
        "removed": pool.add("admin"),
        "disabled": pool.add("admin"),
        "demoted": pool.add("admin", "support"),
    }
    leavers = {kind: pool.sign_in(name) for kind, name in names.items()}
    tokens = {kind: person.token for kind, person in leavers.items()}
    pool.remove_from_group(names["removed"], "admin")
    pool.disable(names["disabled"])
    pool.remove_from_group(names["demoted"], "admin")
    path, fields = forms["pause"]

    with system.later(minutes=11):
        answers = {
            kind: person.browser.post(path, {**fields, "csrf_token": tokens[kind]}, follow=False)
            for kind, person in leavers.items()
        }
        pages = {kind: person.browser.get("", follow=False) for kind, person in leavers.items()}

    assert {kind: answer.status_code for kind, answer in answers.items()} == {
        "removed": 401,
        "disabled": 401,
        "demoted": 403,
    }
    assert {kind: page.status_code for kind, page in pages.items()} == {
        "removed": 303,
        "disabled": 303,
        "demoted": 200,
    }
    assert system.target("Expo")["state"] == "active"


@pytest.mark.parametrize("role", Role)
def test_no_page_offers_what_its_role_may_not_use(
    scene: Scene, people: dict[Role, Person], role: Role
) -> None:
    browser, offered = people[role].browser, set[str]()
    base = urlsplit(browser.url).path
    for path in scene.pages():
        page = browser.get(path)
        for method, address in parsed(page.text).addresses():
            if address.startswith("#"):
                continue
            parts = urlsplit(urljoin(str(page.url), address))
            place = parts.path.removeprefix(base) or "/"
            is_own = parts.path.startswith(base) and not place.startswith("/assets/")
            if is_own and place not in {"/sign-out", "/sign-in"}:
                match = find_route(method, place)
                assert match is not None, (path, method, place)
                assert role in EXPECTED[match[0].name], (path, method, place)
                offered.add(match[0].name)
    # The notification that can be changed, the failed one and the paused target offer the rest.
    assert {name for name in offered if name in {"cancel", "retry", "publish", "unmask"}} == {
        name for name in ("cancel", "retry", "publish", "unmask") if role in EXPECTED[name]
    }
