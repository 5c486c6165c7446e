"""The search, and the page of a notification."""

import re
from dataclasses import replace
from html import unescape

import pytest

from notification_core.domain.console_sessions import Role
from notification_core.domain.content import Content
from notification_core.domain.notification import Notification
from notification_core.domain.status import Status
from notification_core.entrypoints.console.responses import MESSAGE_POLICY
from notification_core.usecases.sending.redrive import step
from tests.builders import NOON, World
from tests.console_world import Browser, ConsoleWorld, Page, failed, finish, text_of
from tests.usecases.steps import claimed, stored


def test_an_author_sees_the_overview_and_no_search(site: ConsoleWorld) -> None:
    body = site.person(Role.AUTHOR).get().body

    assert 'name="q"' not in body
    assert "/console/audit" not in body


def test_an_id_leads_to_its_notification(site: ConsoleWorld, world: World) -> None:
    notification = stored(world)

    page = site.person(Role.SUPPORT).get("/find", q=f" {notification.id} ")

    assert (page.status, page.location) == (303, f"/notifications/{notification.id}")


def test_an_address_leads_to_the_user_and_their_notifications(
    site: ConsoleWorld, world: World
) -> None:
    notification = stored(world)

    page = site.person(Role.SUPPORT).get("/find", q="123")

    assert "/user?id=eggs" in unescape(page.body)
    assert f"/notifications/{notification.id}" in page.body
    assert "user by address" not in page.body
    assert "eggs by address" in text_of(page)


def test_nothing_found_is_said_as_that(site: ConsoleWorld) -> None:
    text = text_of(site.person(Role.SUPPORT).get("/find", q="nobody"))

    assert "Nothing matches exactly. Names are not stored; enter a whole user ID, address" in text


def test_a_failed_notification_is_explained_with_its_code(site: ConsoleWorld, world: World) -> None:
    ended = failed(world)

    text = text_of(site.person(Role.SUPPORT).get(f"/notifications/{ended.id}"))

    assert "Pigeon to eggs DELIVERY FAILURE" in text
    assert "Fix the problem that the code names, and retry it." in text
    assert "It cannot be delivered, and will not be retried, because text of 30005. 30005" in text


def test_a_page_reloads_itself_only_while_something_can_change(
    site: ConsoleWorld, world: World
) -> None:
    browser = site.person(Role.SUPPORT)

    assert "hx-trigger" in browser.get(f"/notifications/{stored(world).id}").body
    assert "hx-trigger" not in browser.get(f"/notifications/{failed(world).id}").body


@pytest.mark.parametrize(
    ("status", "result", "notice"),
    [
        (Status.SCHEDULED, "cancelled", "Cancelled. It will not be sent."),
        (Status.SENDING, "too_late", "Too late to cancel"),
        (Status.DELIVERED, "already_final", "Nothing was changed"),
    ],
)
def test_a_cancellation_is_answered_with_its_result(
    site: ConsoleWorld, world: World, status: Status, result: str, notice: str
) -> None:
    notification = stored(world)
    if status is not Status.SCHEDULED:
        sending = claimed(world, notification)
        now = sending if status is Status.SENDING else sending.delivered(NOON, "SM1")
        world.notifications.stored[notification.id] = now
    browser = site.person(Role.OPERATOR)

    page = browser.post(f"/notifications/{notification.id}/cancel", reason="wrong text")

    assert page.headers["Location"].endswith(f"/notifications/{notification.id}?done={result}")
    after = browser.get(f"/notifications/{notification.id}", done=result)
    assert notice in text_of(after)
    assert [(e.action, e.reason, e.outcome) for e in site.audit] == [
        ("cancel", "wrong text", result)
    ]


def test_the_timeline_names_the_person_who_did_something_in_the_console(
    site: ConsoleWorld, world: World
) -> None:
    waiting, ended, covered = stored(world), failed(world), stored(world, user="bob")
    browser = site.person(Role.OPERATOR)
    who = "ada@example.com in the console"

    browser.post(f"/notifications/{waiting.id}/reschedule", scheduled_delivery="2026-03-02T12:00")
    browser.post(f"/notifications/{waiting.id}/cancel")
    job = browser.post(f"/notifications/{ended.id}/retry").location.rpartition("/")[2]
    finish(world, job)
    browser.post("/user/opt-out", id="bob", active="true", reason="she asked")

    text = text_of(browser.get(f"/notifications/{waiting.id}"))
    assert f"{who} changed it: scheduled_delivery." in text
    assert f"{who} cancelled it in time." in text
    text = text_of(browser.get(f"/notifications/{ended.id}"))
    assert f"{who} retried it after it had failed: by job {job}." in text
    text = text_of(browser.get(f"/notifications/{covered.id}"))
    assert f"The user has opted out of it, by {who}: the user opted out." in text
    assert f"The user has opted out: of everything, by {who}, at 2026-03-01" in text


def test_only_possible_actions_are_offered(site: ConsoleWorld, world: World) -> None:
    waiting, ended = stored(world), failed(world)
    operator, support = site.person(Role.OPERATOR), site.person(Role.SUPPORT, username="sam")

    def offered(browser_page: Page) -> set[str]:
        return set(
            re.findall(r'action="[^"]*/(cancel|reschedule|retry|unmask)"', browser_page.body)
        )

    assert offered(operator.get(f"/notifications/{waiting.id}")) == {"cancel", "reschedule"}
    assert offered(support.get(f"/notifications/{waiting.id}")) == set()
    assert offered(operator.get(f"/notifications/{ended.id}")) == {"retry"}
    assert offered(support.get(f"/notifications/{ended.id}")) == {"retry"}


def test_a_notification_that_waits_tells_support_what_an_operator_can_do(
    site: ConsoleWorld, world: World
) -> None:
    waiting, orphan = stored(world), stored(world, module="gone")
    ended = failed(world)
    operator, support = site.person(Role.OPERATOR), site.person(Role.SUPPORT, username="sam")

    def hint(browser: Browser, notification: Notification) -> list[str]:
        text = text_of(browser.get(f"/notifications/{notification.id}"))
        return re.findall(r"An operator can [\w ]+ this\.", text)

    assert hint(support, waiting) == ["An operator can reschedule or cancel this."]
    assert hint(support, orphan) == ["An operator can cancel this."]
    assert hint(support, ended) == hint(operator, waiting) == []


def test_a_notification_that_cannot_be_retried_says_why(site: ConsoleWorld, world: World) -> None:
    ended = failed(world)
    world.records.remove(world.record)

    text = text_of(site.person(Role.SUPPORT).get(f"/notifications/{ended.id}"))

    assert "Its address is inactive or deleted, so it cannot be retried." in text


def test_support_retries_one_notification_and_sees_the_job(
    site: ConsoleWorld, world: World
) -> None:
    ended = failed(world)
    browser = site.person(Role.SUPPORT)

    page = browser.post(f"/notifications/{ended.id}/retry")
    [entry] = site.audit
    job = world.jobs.get(str(entry.job))
    assert job is not None
    assert page.location == f"/jobs/{job.id}"
    assert "Nothing yet." in text_of(browser.get(page.location))

    world.jobs.put(step(world.ports, job))

    assert world.stored(ended).status is Status.RETRY
    text = text_of(browser.get(page.location))
    assert "1 found 1 retried" in text
    assert "The notification" in text


HTML = "<p>Hello <script>x()</script><img src='https://tracker.example/x'></p>"


def test_a_message_in_html_is_framed_from_an_address_with_a_policy_of_its_own(
    site: ConsoleWorld, world: World
) -> None:
    notification = stored(world, content=Content(title="Hi", body=HTML))
    browser = site.person(Role.ADMIN)
    path = f"/notifications/{notification.id}"
    assert browser.get(f"{path}/body").status == 404

    browser.post(f"{path}/unmask", reason="why")

    page = browser.get(path)
    assert f'sandbox="" src="/v1/console{path}/body"' in page.body
    assert "tracker.example" not in page.body
    body = browser.get(f"{path}/body")
    assert body.body == HTML
    assert body.headers["Content-Security-Policy"] == MESSAGE_POLICY
    assert body.headers["Cache-Control"] == "no-store"


def test_a_plain_message_is_not_served_as_html(site: ConsoleWorld, world: World) -> None:
    notification = stored(world, content=Content(title="Hi", body="1 < 2"))
    browser = site.person(Role.ADMIN)
    browser.post(f"/notifications/{notification.id}/unmask", reason="why")

    assert browser.get(f"/notifications/{notification.id}/body").status == 404
    assert (
        '<pre class="body" dir="auto">1 &lt; 2</pre>'
        in browser.get(f"/notifications/{notification.id}").body
    )


def test_a_lost_content_is_said_to_be_lost(site: ConsoleWorld, world: World) -> None:
    notification = stored(world)
    lost = replace(notification, content=Content(title="", body="", lost=True))
    world.notifications.stored[notification.id] = lost
    browser = site.person(Role.ADMIN)
    browser.post(f"/notifications/{notification.id}/unmask", reason="why")

    text = text_of(browser.get(f"/notifications/{notification.id}"))

    assert "The content is no longer stored." in text
