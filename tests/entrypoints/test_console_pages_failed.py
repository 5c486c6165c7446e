"""Groups of failures, and their retry."""

import re
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qsl

import pytest

from notification_core.domain.console_sessions import Role
from notification_core.domain.notification import Notification
from notification_core.domain.status import Status
from notification_core.domain.timeline import EventKind
from notification_core.entrypoints.console.rendering import site as site_name
from tests.builders import NOON, World, a_module, a_table
from tests.console_world import ConsoleWorld, failed, finish, text_of


def test_failures_are_grouped_and_a_group_is_counted_and_retried(
    site: ConsoleWorld, world: World
) -> None:
    for _ in range(3):
        failed(world, "30005")
    other = failed(world, "30007")
    browser = site.person(Role.OPERATOR)
    page = browser.get("/failed")
    assert "Pigeon: 30005 3 failed (1 user)" in text_of(page)
    assert "4 notifications have failed in 2 groups." in text_of(page)
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


def test_a_group_without_a_code_retries_only_its_own(site: ConsoleWorld, world: World) -> None:
    plain, coded = failed(world, ""), failed(world, "30005")
    noted = coded.noted(NOON, EventKind.DELAYED, "an event without a code")
    world.notifications.stored[coded.id] = noted
    world.watch.forward(seconds=1)
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


def test_a_link_to_a_page_of_the_provider_is_external_and_one_to_a_list_is_not(
    site: ConsoleWorld, world: World
) -> None:
    world.modules.put(a_module(errors=a_table()))
    failed(world, "30005")

    links = re.findall(
        r"<a ([^>]*)>([^<]*)</a>", unescape(site.person(Role.SUPPORT).get("/failed").body)
    )

    [code] = [attributes for attributes, text in links if text == "30005"]
    assert 'href="https://pigeon.example/errors/30005"' in code
    assert 'aria-label="30005 at pigeon.example"' in code
    assert 'target="_blank"' in code
    [members] = [attributes for attributes, text in links if text == "List them"]
    assert "_blank" not in members
    assert [text for attributes, text in links if "_blank" in attributes] == ["30005"]


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://www.twilio.com/docs/api/errors/30005", "twilio.com"),
        ("https://docs.expo.dev/push-notifications/#errors", "docs.expo.dev"),
        ("https://[broken", "another site"),
        ("errors.txt", "another site"),
    ],
)
def test_an_external_link_is_named_by_its_site(address: str, name: str) -> None:
    assert site_name(address) == name


def failed_at(world: World, minutes: int, code: str) -> Notification:
    """A notification that failed some minutes after noon."""
    world.watch.now = NOON + timedelta(minutes=minutes)
    return failed(world, code)


def test_a_period_begins_at_the_minute_that_was_entered_in_the_zone_of_the_viewer(
    site: ConsoleWorld, world: World
) -> None:
    failed_at(world, 0, "30005")
    failed_at(world, 30, "30007")
    world.watch.now = NOON + timedelta(hours=1)
    browser = site.person(Role.OPERATOR)

    page = browser.get("/failed", since="2026-03-01T13:30", time_zone="Europe/Berlin")

    assert "What has failed since 2026-03-01 12:30:00 UTC" in text_of(page)
    assert "Pigeon: 30007 1 failed (1 user)" in text_of(page)
    assert "1 notification has failed in 1 group." in text_of(page)
    assert "30005" not in page.body
    assert 'value="2026-03-01T12:30" data-moment="2026-03-01T12:30:00.000Z"' in page.body
    in_utc = browser.get("/failed", since="2026-03-01T12:00")
    assert {"Pigeon: 30007 1 failed", "Pigeon: 30005 1 failed"} == set(
        re.findall(r"Pigeon: \d+ 1 failed", text_of(in_utc))
    )


def test_the_list_the_count_and_the_retry_of_a_group_are_of_the_same_period(
    site: ConsoleWorld, world: World
) -> None:
    early, late = failed_at(world, 0, "30005"), failed_at(world, 30, "30005")
    world.watch.now = NOON + timedelta(hours=1)
    browser = site.person(Role.OPERATOR)
    page = browser.get("/failed", since="2026-03-01T13:30", time_zone="Europe/Berlin")

    [address] = re.findall(r'href="[^"]*(/failed/group\?[^"]+)"', unescape(page.body))
    path, _, query = address.partition("?")
    members = browser.get(path, **dict(parse_qsl(query)))
    assert late.id in members.body
    assert early.id not in members.body
    [back] = re.findall(r'href="[^"]*/failed\?([^"]+)"', unescape(members.body))
    assert dict(parse_qsl(back)) == {"since": "2026-03-01T13:30", "time_zone": "Europe/Berlin"}

    fields = dict(
        re.findall(
            r'<input type="hidden" name="(target|code|since|until)" value="([^"]*)"', page.body
        )
    )
    counted = browser.post("/failed/retry", **fields, dry_run="yes")
    finish(world, counted.location.rpartition("/")[2])
    assert "1 found 1 would be retried" in text_of(browser.get(counted.location))
    started = browser.post("/failed/retry", **fields)
    assert "The page shows the progress by itself." in text_of(browser.get(started.location))
    finish(world, started.location.rpartition("/")[2])
    assert world.stored(late).status is Status.RETRY
    assert world.stored(early).status is Status.DELIVERY_FAILURE


@pytest.mark.parametrize(
    ("since", "zone", "problem"),
    [
        ("10:00", "UTC", "Since is not a time such as 2026-01-31T09:30"),
        ("2026-03-01T12:01", "UTC", "Since must not be in the future"),
        ("2026-03-01T10:00", "Mars/Phobos", "The time zone must be a time zone"),
        ("2025-03-30T02:30", "Europe/Berlin", "because the clocks skip it"),
        ("<script>", "UTC", "Since is not a time"),
    ],
)
@pytest.mark.parametrize("path", ["/failed", "/failed/group"])
def test_a_beginning_that_is_no_past_time_is_refused(
    site: ConsoleWorld, path: str, since: str, zone: str, problem: str
) -> None:
    page = site.person(Role.SUPPORT).get(path, since=since, time_zone=zone, target="x")

    assert page.status == 422
    assert "This cannot be shown" in page.body
    assert problem in text_of(page)
