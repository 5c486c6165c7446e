"""The page of a user, and what is done there."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

from notification_core.domain.consent import ConsentSource
from notification_core.domain.console_sessions import Role
from notification_core.domain.status import Status
from notification_core.domain.user_settings import UserSettings
from tests.builders import NOON, World, an_entry, an_opt_out
from tests.console_world import ConsoleWorld, text_of
from tests.usecases.steps import stored


def test_a_user_is_opted_out_with_evidence_and_in_again(site: ConsoleWorld, world: World) -> None:
    waiting = stored(world)
    browser = site.person(Role.OPERATOR)

    page = browser.post("/user/opt-out", id="eggs", active="true", reason="called us")

    assert page.headers["Location"].endswith("/user?id=eggs&done=opted_out")
    assert world.stored(waiting).status is Status.OPTED_OUT
    text = text_of(browser.get("/user", id="eggs"))
    assert "opted out of everything" in text
    assert "ada@example.com in the console" in text
    browser.post("/user/opt-out", id="eggs", active="false", reason="changed her mind")
    assert "not opted out" in text_of(browser.get("/user", id="eggs"))
    assert [e.action for e in site.audit] == ["opt-out", "opt-in"]
    assert "ended 1 waiting notifications" in site.audit[0].outcome


def test_the_evidence_of_opt_outs_is_in_words_and_an_arn_only_a_title(
    site: ConsoleWorld, world: World
) -> None:
    arn = "arn:aws:sts::123456789012:assumed-role/orders/i-0abc"
    entries = (
        an_entry(evidence=arn),
        an_entry(active=False, evidence="console: ann@example.com"),
        an_entry(source=ConsentSource.REPLY, evidence="SM123"),
    )
    world.opt_outs.put(replace(an_opt_out(), entries=entries))

    page = site.person(Role.SUPPORT).get("/user", id="eggs")

    at, text = "2026-03-01 12:00:00 UTC", text_of(page)
    assert (
        f"{at} opt-out everything a reply of the recipient SM123"
        f" {at} opt-in everything ann@example.com in the console \u2013"
        f" {at} opt-out everything the IAM role orders (session i-0abc) \u2013" in text
    )
    assert "arn:aws" not in text
    assert f'title="{arn}"' in unescape(page.body)


def test_opting_in_is_the_secondary_button_and_erasing_reminds_of_the_export(
    site: ConsoleWorld, world: World
) -> None:
    stored(world)

    page = site.person(Role.ADMIN).get("/user", id="eggs")

    assert '<button type="submit" name="active" value="true">Opt out</button>' in page.body
    assert '<button class="quiet" type="submit" name="active" value="false">Opt in' in page.body
    assert "Opt in only at the user's request." in text_of(page)
    assert "Export first, if the user asked for a copy" in text_of(page)


def test_an_opt_out_may_be_of_one_target_or_category(site: ConsoleWorld, world: World) -> None:
    browser = site.person(Role.OPERATOR)

    browser.post("/user/opt-out", id="eggs", active="true", category="news", reason="asked")
    browser.post("/user/opt-out", id="eggs", active="true", target=world.target.id, reason="asked")

    text = text_of(browser.get("/user", id="eggs"))
    assert "opted out of category news, target Pigeon" in text


def test_a_user_is_erased_only_after_the_id_was_entered_once_more(
    site: ConsoleWorld, world: World
) -> None:
    browser = site.person(Role.ADMIN)

    refused = browser.post("/user/erase", id="eggs", confirmation="egg", reason="asked")
    assert refused.status == 422
    assert site.audit == []
    page = browser.post("/user/erase", id="eggs", confirmation="eggs", reason="asked")

    assert world.jobs.get(page.location.rpartition("/")[2]) is not None
    [entry] = site.audit
    assert "eggs" not in repr(entry)


def test_a_users_language_and_local_time_are_shown(site: ConsoleWorld, world: World) -> None:
    settings = UserSettings(user="eggs", locale="de-AT", time_zone="Asia/Kathmandu")
    world.ports.user_settings.put(settings)

    text = text_of(site.person(Role.SUPPORT).get("/user", id="eggs"))

    assert "Language de-AT Time zone Asia/Kathmandu, where it is Sunday 17:45 now" in text


def test_an_unknown_user_is_not_shown_as_an_empty_one(site: ConsoleWorld) -> None:
    page = site.person(Role.SUPPORT).get("/user", id="nobody")

    assert page.status == 404
    assert "Nothing is stored about this user." in page.body


def test_a_users_notifications_are_paged(site: ConsoleWorld, world: World) -> None:
    for number in range(30):
        stored(world, created_at=NOON - timedelta(minutes=number))
    browser = site.person(Role.SUPPORT)

    first = browser.get("/user", id="eggs")
    [token] = re.findall(r'next=([^"]+)" rel="next"', first.body)
    second = browser.get("/user", id="eggs", next=token)

    ids = [re.findall(r"/notifications/([\w-]+)", page.body) for page in (first, second)]
    assert [len(each) for each in ids] == [25, 5]
    assert len({*ids[0], *ids[1]}) == 30
