"""Nobody sees an address or a content in full without an entry in the audit log."""

from html import unescape

import pytest

from notification_core.domain.console_sessions import UNMASKED, Role
from notification_core.entrypoints.console.csrf import is_masked
from notification_core.entrypoints.console.masking import is_address, masked_user
from tests.builders import World
from tests.console_world import ConsoleWorld
from tests.entrypoints.console_cast import Cast, cast

PERSON = "bernadette.hollowell@example.org"

#: Other people who are known by an address only.
OTHERS = ("+15005550006", "ExponentPushToken[bernadette-0123]", "https://example.com/bernadette")


@pytest.fixture
def shown(world: World) -> Cast:
    """A person who is known by an address only."""
    return cast(world, "Wednesday-secret", user=PERSON)


def test_a_user_id_that_is_an_address_is_shortened() -> None:
    addresses = (
        "a@b",
        "+15005550006",
        "+1 (500) 555-0006",
        "1234567",
        "ExponentPushToken[abcdefgh]",
        "https://example.com/hooks/secret",
    )
    assert [user for user in addresses if not is_address(user)] == []
    assert [user for user in ("ann", "4711", "a[0]b", "order:7", "") if is_address(user)] == []
    assert masked_user("ann") == "ann"
    assert masked_user(PERSON) == "be•••@example.org"


@pytest.mark.parametrize("person", [PERSON, *OTHERS])
@pytest.mark.parametrize("role", Role)
def test_no_page_shows_an_address_or_a_content_that_was_not_unmasked(
    world: World, role: Role, person: str
) -> None:
    shown = cast(world, "Wednesday-secret", user=person)
    browser = shown.site.person(role)

    for path, query in shown.pages():
        if query.get("q"):
            continue  # the person has entered the address
        body = unescape(browser.get(path, **query).body)
        assert person not in body, path
        assert "bernadette" not in body, path
        assert "in a body" not in body, path
        assert shown.record.target_user_id not in body, path


def test_a_search_repeats_only_what_was_entered(shown: Cast) -> None:
    body = shown.site.person(Role.ADMIN).get("/find", q=shown.record.target_user_id).body

    assert "bernadette" not in body
    assert f"/user?record={shown.record.id}" in unescape(body)


def test_an_administrator_unmasks_one_notification_for_five_minutes_with_an_entry(
    shown: Cast, world: World
) -> None:
    browser = shown.site.person(Role.ADMIN)
    path = f"/notifications/{shown.waiting.id}"

    page = browser.post(f"{path}/unmask", reason="she asked for it")

    assert page.status == 303
    body = browser.get(path).body
    assert "Wednesday-secret in a body" in body
    assert shown.record.target_user_id in body
    assert "in a body" not in browser.get(f"/notifications/{shown.failed.id}").body
    assert shown.record.target_user_id not in browser.get("/user", of=shown.waiting.id).body
    entry = shown.site.audit[-1]
    assert (entry.action, entry.subject) == ("unmask", f"notification {shown.waiting.id}")
    assert entry.reason == "she asked for it"

    world.watch.now += UNMASKED
    assert "in a body" not in browser.get(path).body


def test_another_session_of_the_same_person_sees_nothing_in_full(shown: Cast) -> None:
    path = f"/notifications/{shown.waiting.id}"
    shown.site.person(Role.ADMIN).post(f"{path}/unmask", reason="why")

    assert "in a body" not in shown.site.person(Role.ADMIN).get(path).body


def test_a_person_who_is_no_administrator_any_more_sees_nothing_in_full(shown: Cast) -> None:
    site: ConsoleWorld = shown.site
    browser = site.person(Role.ADMIN)
    path = f"/notifications/{shown.waiting.id}"
    browser.post(f"{path}/unmask", reason="why")
    [session] = [each for each in site.sessions if is_masked(browser.csrf_token, each.csrf_token)]
    person = type("P", (), {"name": session.name, "roles": frozenset({Role.SUPPORT})})()
    site.ports.sessions.put(session.with_person(person, session.roles_read_at))

    assert "in a body" not in browser.get(path).body


def test_unmasking_without_a_reason_shows_nothing(shown: Cast) -> None:
    browser = shown.site.person(Role.ADMIN)
    path = f"/notifications/{shown.waiting.id}"
    before = len(shown.site.audit)

    assert browser.post(f"{path}/unmask", reason=" ").status == 422
    assert "in a body" not in browser.get(path).body
    assert len(shown.site.audit) == before


def test_a_users_addresses_are_unmasked_for_one_user(shown: Cast) -> None:
    browser = shown.site.person(Role.ADMIN)

    assert browser.post("/user/unmask", of=shown.failed.id, reason="why").status == 303

    body = browser.get("/user", of=shown.failed.id).body
    assert shown.record.target_user_id in body
    assert PERSON in body
    assert shown.site.audit[-1].subject == f"user {PERSON}"


def test_the_audit_log_shortens_a_user_id_that_is_an_address(shown: Cast) -> None:
    shown.site.person(Role.ADMIN).post("/user/unmask", of=shown.failed.id, reason="why")

    body = shown.site.person(Role.OPERATOR, username="olga").get("/audit").body

    assert PERSON not in body
    assert "user be•••@example.org" in body
