"""The list of jobs, and the page of one."""

import re
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qsl, unquote

import pytest

from notification_core.domain.console_sessions import Role
from notification_core.domain.jobs import Job, JobKind
from notification_core.entrypoints.console.pages.jobs import LISTED
from notification_core.usecases.administration.jobs import give_up
from notification_core.usecases.privacy.erasure import erase
from notification_core.usecases.sending.redrive import Redrive, redrive
from tests.builders import NOON, World
from tests.console_world import ConsoleWorld, failed, finish, text_of

ROLE = "arn:aws:sts::123456789012:assumed-role/orders/i-0abc"


def test_jobs_of_the_console_and_of_the_api_are_listed_with_who_started_them(
    site: ConsoleWorld, world: World
) -> None:
    ended = failed(world)
    browser = site.person(Role.SUPPORT)
    page = browser.post(f"/notifications/{ended.id}/retry")
    world.watch.forward(seconds=1)
    redrive(world.ports, Redrive(target="Pigeon", error_code="30007", dry_run=True), ROLE)
    world.watch.forward(seconds=1)
    erase(world.ports, "eggs", ROLE)
    finish(world, page.location.rpartition("/")[2])

    listing = browser.get("/jobs")
    text = text_of(listing)

    assert (
        text.index("Erasure of a user the IAM role orders (session i-0abc) running")
        < text.index(
            "Retry (only counts): target Pigeon, code 30007"
            " the IAM role orders (session i-0abc) running"
        )
        < text.index(
            "Retry: selected 1 notification ada@example.com in the console done 1 found, 1 retried"
        )
    )
    assert "eggs" not in listing.body


def test_an_error_is_listed_and_a_list_with_a_running_job_is_live(
    site: ConsoleWorld, world: World
) -> None:
    job = redrive(world.ports, Redrive(target="Pigeon"))
    browser = site.person(Role.SUPPORT)
    assert 'hx-trigger="every 5s"' in browser.get("/jobs").body
    assert 'hx-trigger="every 2s"' in browser.get(f"/jobs/{job.id}").body
    give_up(world.ports, job.id, "it was interrupted four times")

    page = browser.get("/jobs")

    assert "failed It was interrupted four times." in text_of(page)
    assert "hx-trigger" not in page.body
    assert "hx-trigger" not in browser.get(f"/jobs/{job.id}").body


def test_older_jobs_are_on_the_next_page(site: ConsoleWorld, world: World) -> None:
    for number in range(LISTED + 1):
        started = NOON - timedelta(days=number / 2)
        world.jobs.put(
            Job(
                id=f"job-{number}",
                kind=JobKind.REDRIVE,
                parameters={},
                created_at=started,
                updated_at=started,
            )
        )
    browser = site.person(Role.SUPPORT)

    first = browser.get("/jobs")
    token = re.search(r'href="[^"]*\?next=([^"]+)" rel="next"', first.body)
    assert token is not None
    assert first.body.count("/jobs/job-") == LISTED
    second = browser.get("/jobs", next=unquote(token[1]))

    assert [*re.findall(r"/jobs/(job-\d+)", second.body)] == [f"job-{LISTED}"]
    assert browser.get("/jobs", next="garbage").status == 422


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_retry_that_retries_nothing_is_no_success_and_leads_to_the_reason(
    site: ConsoleWorld, world: World, *, dry_run: bool
) -> None:
    ended = failed(world)
    world.records.remove(world.record)
    since = NOON - timedelta(hours=1)
    by_code = Redrive(target="Pigeon", error_code="30005", since=since, dry_run=dry_run)
    browser, said = site.person(Role.SUPPORT), "would be retried" if dry_run else "retried"
    links = []

    for request in (Redrive(ids=[ended.id], dry_run=dry_run), by_code):
        job = redrive(world.ports, request)
        finish(world, job.id)
        page = browser.get(f"/jobs/{job.id}")
        assert f"1 found 0 {said} 1 skipped: no active address" in text_of(page)
        assert '<span class="badge doubt">done</span>' in page.body
        body = unescape(page.body)
        [link] = re.findall(r'Nothing w[\w ]+ retried\. <a href="/v1/console([^"]+)"', body)
        links.append(link)
    listing = browser.get("/jobs")

    path, _, query = links[1].partition("?")
    assert links[0] == f"/user?of={ended.id}"
    assert ended.id in browser.get(path, **dict(parse_qsl(query))).body
    assert all(link in unescape(listing.body) for link in links)
    assert f"1 found, 0 {said}, 1 skipped: no active address" in text_of(listing)


def test_a_retry_that_finds_nothing_says_so_without_a_warning(
    site: ConsoleWorld, world: World
) -> None:
    job = redrive(world.ports, Redrive(target="Pigeon", error_code="30005"))
    finish(world, job.id)

    page = site.person(Role.SUPPORT).get(f"/jobs/{job.id}")

    assert "0 found 0 retried" in text_of(page)
    assert '<span class="badge good">done</span>' in page.body


def test_a_job_says_who_started_it_and_what_it_selects(site: ConsoleWorld, world: World) -> None:
    failed(world)
    browser = site.person(Role.OPERATOR)
    page = browser.post(
        "/failed/retry",
        target=world.target.id,
        code="30005",
        since="1772362800000",
        until="9999999999999",
    )

    text = text_of(browser.get(page.location))

    assert "Retry running" in text
    assert "2026-03-01 12:00:00 UTC , by ada@example.com in the console" in text
    assert "Target Pigeon Code 30005 Failed since 2026-03-01 11:00:00 UTC" in text
    assert "Until 2026-03-01 12:00:00 UTC" in text
