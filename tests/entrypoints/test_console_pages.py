"""What the pages say and do, over the use cases that the API calls too."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest

from notification_core.domain.console_sessions import Role
from notification_core.domain.content import Content
from notification_core.domain.jobs import JobState
from notification_core.domain.status import Status
from notification_core.entrypoints.console.responses import MESSAGE_POLICY
from notification_core.usecases.sending.redrive import step
from tests.builders import NOON, World, a_pause
from tests.console_world import ConsoleWorld, Page, failed
from tests.usecases.steps import claimed, stored


@pytest.fixture
def site(world: World) -> ConsoleWorld:
    """The console."""
    return ConsoleWorld(world)


def text_of(page: Page) -> str:
    """The text of a page, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.body).split())


def test_the_overview_shows_the_backlog_and_what_to_do_about_a_pause(
    site: ConsoleWorld, world: World
) -> None:
    stored(world, scheduled_delivery=NOON - timedelta(minutes=3))
    world.modules.pause("pigeon", a_pause())

    text = text_of(site.person(Role.OPERATOR).get())

    assert "pigeon is paused" in text
    assert "because the provider rejects our requests: authenticate" in text
    assert "a successful probe resumes the target" in text
    assert "pigeon Pigeon paused 1 2026-03-01 11:57:00 UTC" in text


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

    assert "Nothing is stored under this text" in text


def test_a_failed_notification_is_explained_with_its_code(site: ConsoleWorld, world: World) -> None:
    ended = failed(world)

    text = text_of(site.person(Role.SUPPORT).get(f"/notifications/{ended.id}"))

    assert "DELIVERY FAILURE Pigeon to eggs" in text
    assert "Fix the problem that the code names, and redrive it." in text
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


def test_only_possible_actions_are_offered(site: ConsoleWorld, world: World) -> None:
    waiting, ended = stored(world), failed(world)
    operator, support = site.person(Role.OPERATOR), site.person(Role.SUPPORT, username="sam")

    def offered(browser_page: Page) -> set[str]:
        return set(re.findall(r'action="[^"]*/(cancel|retry|unmask)"', browser_page.body))

    assert offered(operator.get(f"/notifications/{waiting.id}")) == {"cancel"}
    assert offered(support.get(f"/notifications/{waiting.id}")) == set()
    assert offered(operator.get(f"/notifications/{ended.id}")) == {"retry"}
    assert offered(support.get(f"/notifications/{ended.id}")) == {"retry"}


def test_a_notification_that_cannot_be_retried_says_why(site: ConsoleWorld, world: World) -> None:
    ended = failed(world)
    world.records.remove(world.record)

    text = text_of(site.person(Role.SUPPORT).get(f"/notifications/{ended.id}"))

    assert "Its address is inactive or deleted; correct that first." in text


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


def test_failures_are_grouped_and_a_group_is_counted_and_retried(
    site: ConsoleWorld, world: World
) -> None:
    for _ in range(3):
        failed(world, "30005")
    other = failed(world, "30007")
    browser = site.person(Role.OPERATOR)
    page = browser.get("/failed")
    assert "3 \u00d7 Pigeon: 30005" in text_of(page)
    group = page.body[page.body.index("30005") :]
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', group)[1:5])
    assert fields["code"] == "30005"

    dry = browser.post("/failed/retry", **fields, dry_run="yes")
    counted = world.jobs.get(dry.location.rpartition("/")[2])
    assert counted is not None
    assert counted.dry_run
    finish(world, counted.id)
    assert "3 found 3 would be retried" in text_of(browser.get(dry.location))

    real = browser.post("/failed/retry", **fields)
    finish(world, real.location.rpartition("/")[2])
    assert "3 found 3 retried" in text_of(browser.get(real.location))
    assert world.stored(other).status is Status.DELIVERY_FAILURE
    assert [e.action for e in site.audit] == ["count", "retry-many"]


def finish(world: World, job_id: str) -> None:
    """Run a job to its end."""
    while (job := world.jobs.get(job_id)) is not None and job.state is JobState.RUNNING:
        world.jobs.put(step(world.ports, job))


def test_a_group_without_a_code_retries_only_its_own(site: ConsoleWorld, world: World) -> None:
    plain, coded = failed(world, ""), failed(world, "30005")
    browser = site.person(Role.OPERATOR)

    page = browser.post(
        "/failed/retry", target=world.target.id, code="", since="0", until=str(9**14)
    )

    assert page.status == 422, "a time with too many digits"
    page = browser.post(
        "/failed/retry", target=world.target.id, code="", since="0", until="9999999999999"
    )
    finish(world, page.location.rpartition("/")[2])
    assert world.stored(plain).status is Status.RETRY
    assert world.stored(coded).status is Status.DELIVERY_FAILURE


def test_a_group_lists_its_members(site: ConsoleWorld, world: World) -> None:
    ended, other = failed(world, "30005"), failed(world, "30007")

    page = site.person(Role.SUPPORT).get("/failed/group", target=world.target.id, code="30005")

    assert ended.id in page.body
    assert other.id not in page.body


def test_a_target_is_paused_and_resumed(site: ConsoleWorld, world: World) -> None:
    browser = site.person(Role.OPERATOR)
    path = f"/targets/{world.target.id}"

    browser.post(f"{path}/pause", reason="maintenance")
    assert "by a person: maintenance" in text_of(browser.get("/targets"))
    browser.post(f"{path}/resume", reason="over")

    module = world.modules.get("pigeon")
    assert module is not None
    assert module.pause is None
    assert [(e.action, e.subject, e.reason) for e in site.audit] == [
        ("pause", "target Pigeon", "maintenance"),
        ("resume", "target Pigeon", "over"),
    ]


def test_a_user_is_opted_out_with_evidence_and_in_again(site: ConsoleWorld, world: World) -> None:
    waiting = stored(world)
    browser = site.person(Role.OPERATOR)

    page = browser.post("/user/opt-out", id="eggs", active="true", reason="called us")

    assert page.headers["Location"].endswith("/user?id=eggs&done=opted_out")
    assert world.stored(waiting).status is Status.OPTED_OUT
    text = text_of(browser.get("/user", id="eggs"))
    assert "opted out of everything" in text
    assert "console: ada@example.com" in text
    browser.post("/user/opt-out", id="eggs", active="false", reason="changed her mind")
    assert "not opted out" in text_of(browser.get("/user", id="eggs"))
    assert [e.action for e in site.audit] == ["opt-out", "opt-in"]
    assert "ended 1 waiting notifications" in site.audit[0].outcome


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
        '<pre class="body">1 &lt; 2</pre>' in browser.get(f"/notifications/{notification.id}").body
    )


def test_a_lost_content_is_said_to_be_lost(site: ConsoleWorld, world: World) -> None:
    notification = stored(world)
    lost = replace(notification, content=Content(title="", body="", lost=True))
    world.notifications.stored[notification.id] = lost
    browser = site.person(Role.ADMIN)
    browser.post(f"/notifications/{notification.id}/unmask", reason="why")

    text = text_of(browser.get(f"/notifications/{notification.id}"))

    assert "The content is no longer stored." in text


def test_jobs_that_run_and_those_of_the_console_are_listed(
    site: ConsoleWorld, world: World
) -> None:
    ended = failed(world)
    browser = site.person(Role.SUPPORT)
    page = browser.post(f"/notifications/{ended.id}/retry")
    assert browser.get("/jobs").body.count(page.location) == 2
    finish(world, page.location.rpartition("/")[2])
    assert browser.get("/jobs").body.count(page.location) == 1


def test_the_audit_log_says_who_what_when_and_why(site: ConsoleWorld, world: World) -> None:
    browser = site.person(Role.OPERATOR)
    browser.post(f"/targets/{world.target.id}/pause", reason="maintenance")

    text = text_of(browser.get("/audit"))

    assert "2026-03-01 12:00:00 UTC ada@example.com pause target Pigeon maintenance paused" in text
