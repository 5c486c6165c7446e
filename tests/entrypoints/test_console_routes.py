"""Who may do what in the console: the table of the issue, against every route and every role."""

import re
from itertools import combinations

import pytest

from notification_core.domain.console_sessions import Role
from notification_core.entrypoints.console.rendering import FOLDER
from notification_core.entrypoints.console.routes import BY_NAME, ROUTES, Route, find_route
from tests.console_world import ConsoleWorld

READ = {Role.SUPPORT, Role.OPERATOR, Role.ADMIN}
OPERATE = {Role.OPERATOR, Role.ADMIN}
WRITE = {Role.AUTHOR, Role.ADMIN}

#: What each role may do, by what the route does, written down apart from the code.
EXPECTED: dict[str, set[Role]] = {
    "home": set(Role),
    "find": READ,
    "notification": READ,
    "user": READ,
    "failed": READ,
    "failed_group": READ,
    "targets": READ,
    "jobs": READ,
    "job": READ,
    "retry": READ,
    "cancel": OPERATE,
    "reschedule": OPERATE,
    "opt_out": OPERATE,
    "use_again": OPERATE,
    "retry_many": OPERATE,
    "pause": OPERATE,
    "resume": OPERATE,
    "audit": OPERATE,
    "templates": WRITE,
    "new_template": WRITE,
    "template": WRITE,
    "publish": WRITE,
    "test_template": WRITE,
    "template_diff": WRITE,
    "template_preview": WRITE,
    "template_message": WRITE,
    "edit_template": WRITE,
    "save_template": WRITE,
    "draft_message": WRITE,
    "unmask": {Role.ADMIN},
    "unmask_user": {Role.ADMIN},
    "body": {Role.ADMIN},
    "export": {Role.ADMIN},
    "erase": {Role.ADMIN},
}

#: Every set of roles that somebody may have.
SETS = [
    frozenset(chosen)
    for size in range(1, len(Role) + 1)
    for chosen in combinations(sorted(Role), size)
]


def test_the_table_has_exactly_the_expected_routes_and_roles() -> None:
    assert {route.name: set(route.roles) for route in ROUTES} == EXPECTED
    assert len({(route.method, route.path) for route in ROUTES}) == len(ROUTES)


@pytest.mark.parametrize("roles", SETS, ids=lambda roles: "+".join(sorted(roles)))
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_a_route_answers_the_permitted_roles_and_no_others(
    site: ConsoleWorld, route: Route, roles: frozenset[Role]
) -> None:
    browser = site.person(*roles)
    path = route.path.replace("{id}", "1")

    page = browser.get(path) if route.method == "GET" else browser.post(path)

    assert (page.status == 403) is not bool(roles & EXPECTED[route.name]), page.body
    assert site.audit == [] or roles & EXPECTED[route.name]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_a_route_answers_nobody_without_a_session(site: ConsoleWorld, route: Route) -> None:
    site.person(Role.ADMIN)
    browser = site.stranger()
    path = route.path.replace("{id}", "1")

    if route.method == "GET":
        page = browser.get(path)
        assert (page.status, page.location, page.body) == (303, "/sign-in", "")
    else:
        page = browser.post(path)
        assert (page.status, "Nothing was changed" in page.body) == (401, True)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "path", ["/admin", "/notifications", "/notifications//cancel", "/notifications/1/cancel/", "//"]
)
def test_what_is_not_in_the_table_does_not_exist(
    site: ConsoleWorld, method: str, path: str
) -> None:
    assert find_route(method, path) is None
    browser = site.person(*Role)
    page = browser.get(path) if method == "GET" else browser.post(path)
    assert page.status == 404


def test_a_change_is_a_post() -> None:
    reading = {name for name, roles in EXPECTED.items() if BY_NAME[name].method == "GET"}

    assert {
        "home",
        "find",
        "notification",
        "body",
        "user",
        "failed",
        "failed_group",
        "targets",
        "jobs",
        "job",
        "audit",
        "templates",
        "new_template",
        "template",
        "template_diff",
        "template_preview",
        "template_message",
        "edit_template",
    } == reading


@pytest.mark.parametrize("template", sorted(FOLDER.glob("*.html")), ids=lambda path: path.name)
def test_a_template_asks_for_routes_that_exist(template: object) -> None:
    text = str(template.read_text())  # type: ignore[attr-defined]  # a path

    assert set(re.findall(r'may\("(\w+)"\)', text)) <= set(BY_NAME)


@pytest.mark.parametrize("template", sorted(FOLDER.glob("*.html")), ids=lambda path: path.name)
def test_a_form_is_sent_to_a_route_that_exists_and_has_the_token(template: object) -> None:
    text = str(template.read_text())  # type: ignore[attr-defined]  # a path
    for form in re.findall(r'<form[^>]*method="post".*?</form>', text, re.DOTALL):
        assert "csrf" in form
        action = re.search(r'action="{{ url\((.*?)\) }}"', form)
        assert action is not None
        path = re.sub(r'" ~ [\w.]+ ~ "', "1", action[1]).strip('"')
        assert path in {"path", "/sign-out"} or find_route("POST", path), path
