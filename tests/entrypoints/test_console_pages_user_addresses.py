"""The addresses of a user: an inactive one is used again, and the pause of a target is shown."""

from dataclasses import replace

import pytest

from notification_core.domain.addresses import Deactivation, TargetUserRecord
from notification_core.domain.console_sessions import Role
from notification_core.domain.modules import Pause, PausedBy
from notification_core.domain.status import Status
from tests.builders import NOON, World, a_record
from tests.console_world import Browser, ConsoleWorld, failed, text_of
from tests.domain.standing import standing
from tests.usecases.steps import stored


@pytest.fixture
def inactive(world: World) -> TargetUserRecord:
    """An address that a provider has rejected."""
    record = replace(
        world.record,
        active=False,
        strikes=3,
        deactivation=Deactivation("30005", "unknown number", NOON),
    )
    world.records.replace(world.record, record)
    return record


def use(browser: Browser, record: str, **fields: str) -> str:
    """Use an address again; return the text of the page that follows."""
    page = browser.post(f"/user/addresses/{record}/use-again", id="eggs", **fields)
    assert page.location == "/user"
    return text_of(browser.get("/user", id="eggs", done=page.headers["Location"].split("=")[-1]))


def test_an_operator_uses_an_inactive_address_again(
    site: ConsoleWorld, world: World, inactive: TargetUserRecord
) -> None:
    browser = site.person(Role.OPERATOR)
    assert "Use this address again" in text_of(browser.get("/user", id="eggs"))

    text = use(browser, inactive.id, reason="the customer called")

    assert "Used again from now on." in text
    assert "Use this address again" not in text
    stored_record = world.records.get([inactive.id])[inactive.id]
    assert (stored_record.active, stored_record.strikes, stored_record.deactivation) == (
        True,
        0,
        None,
    )
    [entry] = site.audit
    assert (entry.action, entry.subject, entry.reason, entry.outcome) == (
        "activate-address",
        "user eggs",
        "the customer called",
        f"address {inactive.id} is active again",
    )


def test_an_active_address_is_not_changed(site: ConsoleWorld, world: World) -> None:
    struck = replace(world.record, strikes=2)
    world.records.replace(world.record, struck)

    text = use(site.person(Role.OPERATOR), struck.id, reason="twice")

    assert "Nothing was changed, because the address was active already." in text
    assert world.records.get([struck.id])[struck.id] == struck
    assert site.audit[0].outcome == f"address {struck.id} was active already"


def test_an_address_is_used_again_only_with_a_reason_and_only_if_it_is_the_users(
    site: ConsoleWorld, world: World, inactive: TargetUserRecord
) -> None:
    other = a_record(user="bob", target=world.target.id, target_user_id="789", active=False)
    world.records.add(other)
    browser = site.person(Role.OPERATOR)

    assert browser.post(f"/user/addresses/{inactive.id}/use-again", id="eggs").status == 422
    path = f"/user/addresses/{other.id}/use-again"
    assert browser.post(path, id="eggs", reason="asked").status == 404

    assert site.audit == []
    assert not world.records.get([inactive.id])[inactive.id].active


def test_support_reads_what_an_operator_can_do(
    site: ConsoleWorld, inactive: TargetUserRecord
) -> None:
    support = text_of(site.person(Role.SUPPORT).get("/user", id=inactive.user))
    operator = text_of(site.person(Role.OPERATOR, username="op").get("/user", id=inactive.user))

    assert "An operator can use it again." in support
    assert "An operator can opt this user out or in." in support
    assert "An operator can" not in operator


def test_a_paused_target_of_an_address_is_shown_on_the_page_of_the_user(
    site: ConsoleWorld, world: World
) -> None:
    browser = site.person(Role.SUPPORT)
    assert "is paused" not in text_of(browser.get("/user", id="eggs"))
    pause = Pause(by=PausedBy.PERSON, reason="a wrong text", since=NOON, who="console: ann@x.org")
    world.modules.pause("pigeon", pause)

    page = browser.get("/user", id="eggs")

    assert (
        "Pigeon is paused Since 2026-03-01 12:00:00 UTC , by ann@x.org in the console: "
        "a wrong text Resume the target when the reason is gone. Targets" in text_of(page)
    )
    assert 'href="/v1/console/targets">Targets</a></p>' in page.body


@pytest.mark.usefixtures("inactive")
def test_the_advice_for_an_inactive_address_names_no_field_of_the_api(
    site: ConsoleWorld, world: World
) -> None:
    waiting, browser = stored(world), site.person(Role.SUPPORT)

    text = text_of(browser.get(f"/notifications/{waiting.id}"))

    assert (
        "It will end as INACTIVE DEVICE. Ask the customer for the right address. An operator can"
        " use this one again on the user's page." in text
    )
    assert "active to true" not in text


def test_the_advice_for_an_ended_notification_follows_its_address(
    site: ConsoleWorld, world: World, inactive: TargetUserRecord
) -> None:
    ended = replace(
        standing(Status.INACTIVE_DEVICE), target=world.target.id, target_user_record=inactive.id
    )
    world.notifications.stored[ended.id] = ended
    browser = site.person(Role.OPERATOR)

    def advice() -> str:
        return text_of(browser.get(f"/notifications/{ended.id}"))

    assert "Ask the customer for the right address. An operator can use this one" in advice()
    use(browser, inactive.id, reason="the customer called")
    assert "Its address is active again: retry it." in advice()
    world.records.remove(world.records.get([inactive.id])[inactive.id])
    assert "Its address was deleted. Ask the customer for the right address" in advice()


def test_a_notification_of_a_paused_target_leads_to_the_targets(
    site: ConsoleWorld, world: World
) -> None:
    waiting = stored(world)
    world.modules.pause("pigeon", Pause(by=PausedBy.PERSON, reason="why", since=NOON))
    ended = failed(world)
    browser = site.person(Role.SUPPORT)

    link = 'Resume the target when the reason is gone. <a href="/v1/console/targets">Targets</a>'
    assert link in browser.get(f"/notifications/{waiting.id}").body
    assert '"/v1/console/targets">Targets</a></p>' not in (
        browser.get(f"/notifications/{ended.id}").body
    )
