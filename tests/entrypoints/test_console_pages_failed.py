"""Groups of failures, and their retry."""

import re

import pytest

from notification_core.domain.console_sessions import Role
from notification_core.domain.status import Status
from notification_core.domain.timeline import EventKind
from tests.builders import NOON, World
from tests.console_world import ConsoleWorld, failed, finish, text_of


@pytest.fixture
def site(world: World) -> ConsoleWorld:
    """The console."""
    return ConsoleWorld(world)


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
