"""The numbers and the charts of the overview."""

import re
from datetime import timedelta

import pytest

from notification_core.domain.console_sessions import Role
from notification_core.domain.counters import LATE, OTHER, Counts
from notification_core.entrypoints.console.pages.activity import CHOICES
from notification_core.entrypoints.console.pages.failed import PERIODS
from notification_core.entrypoints.console.rendering import lateness
from tests.builders import World
from tests.console_world import ConsoleWorld, text_of


def store(world: World, counts: dict[tuple[str, str], int], hours_ago: int = 0) -> None:
    """Store counts of the world's target: {(status, code): number}."""
    target = world.target.id
    world.counters.add(Counts({(target, *key): number for key, number in counts.items()}))
    world.counters.flush(world.watch.now - timedelta(hours=hours_ago))


def test_the_overview_shows_what_was_sent_delivered_and_failed(
    site: ConsoleWorld, world: World
) -> None:
    store(world, {("SENT", ""): 1200, ("DELIVERED", ""): 1100, ("RETRY", "503"): 7})
    store(world, {("DELIVERY FAILURE", "21617"): 3, (LATE, "13"): 1200}, hours_ago=2)

    page = site.person(Role.OPERATOR).get()

    assert "1,200 sent 1,100 delivered 3 failed 7 retried" in text_of(page)
    assert "99 % of sends at most 2 s late" in text_of(page)
    labels = re.findall(r'role="img" aria-label="([^"]+)"', page.body)
    assert "Together: 1,200 sent, 1,100 delivered, 3 failed. The highest bar: 1,200." in labels[0]
    assert "Over the whole time: 2 s. The highest bar: 2 s." in labels[1]


def test_a_chart_has_a_bar_for_each_number_as_high_as_the_number_is(
    site: ConsoleWorld, world: World
) -> None:
    store(world, {("SENT", ""): 1000, ("DELIVERED", ""): 500, ("DELIVERY FAILURE", ""): 1})

    body = site.person(Role.OPERATOR).get().body

    bars = dict(re.findall(r'<rect class="(\w+)" [^>]*height="([\d.]+)"/>', body))
    assert bars == {"slot": "100", "sent": "100.0", "delivered": "50.0", "failed": "1.0"}
    assert body.count('class="slot"') == 2 * 24


def test_failures_link_to_the_page_of_their_group_and_period(
    site: ConsoleWorld, world: World
) -> None:
    store(world, {("DELIVERY FAILURE", "21617"): 3, ("UNKNOWN", OTHER): 2})
    browser = site.person(Role.OPERATOR)

    body = browser.get(hours="168").body

    target = world.target.id
    assert f"/failed/group?target={target}&amp;code=21617&amp;hours=168" in body
    assert 'href="/v1/console/failed?hours=168">other codes' in body
    assert {hours for hours, _, _ in CHOICES} <= {hours for hours, _ in PERIODS}


def test_an_author_who_may_not_see_failures_gets_no_links_to_them(
    site: ConsoleWorld, world: World
) -> None:
    store(world, {("DELIVERY FAILURE", "21617"): 3, ("UNKNOWN", OTHER): 2})

    page = site.person(Role.AUTHOR).get()

    assert "3 \u00d7 21617" in text_of(page)
    assert "/failed" not in page.body


@pytest.mark.parametrize(
    ("hours", "bars"), [(None, 24), ("24", 24), ("168", 28), ("5", 24), ("x", 24)]
)
def test_the_period_is_in_the_address(
    site: ConsoleWorld, world: World, hours: str | None, bars: int
) -> None:
    store(world, {("SENT", ""): 1}, hours_ago=20)
    store(world, {("SENT", ""): 5}, hours_ago=100)
    query = {"hours": hours} if hours else {}

    page = site.person(Role.SUPPORT).get(**query)

    assert page.body.count('class="slot"') == 2 * bars
    assert ("6 sent" if bars == 28 else "1 sent") in text_of(page)


def test_a_target_without_activity_says_so(site: ConsoleWorld) -> None:
    page = site.person(Role.SUPPORT).get()

    assert "Pigeon Nothing was sent in this period." in text_of(page)
    assert "<svg" not in page.body


def test_the_charts_use_no_style_that_the_policy_forbids(site: ConsoleWorld, world: World) -> None:
    store(world, {("SENT", ""): 1, (LATE, "0"): 1})

    body = site.person(Role.SUPPORT).get().body

    assert "<svg" in body
    assert "style=" not in body


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (None, "\u2013"),
        (100, "100 ms"),
        (1250, "1.25 s"),
        (31_500, "31.5 s"),
        (80_000, "1 min 20 s"),
        (3_600_000, "60 min"),
        (3_600_001, "more than 1 h"),
    ],
)
def test_a_lateness_is_written_with_its_unit(milliseconds: int | None, text: str) -> None:
    assert lateness(milliseconds) == text


def test_the_overview_shows_the_rest_when_the_counters_cannot_be_read(
    site: ConsoleWorld, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(type(world.counters), "read")

    text = text_of(site.person(Role.SUPPORT).get())

    assert "The numbers could not be read." in text
    assert "Backlog" in text


def test_the_counters_are_not_read_when_only_the_rest_of_the_page_is_loaded_again(
    site: ConsoleWorld, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(type(world.counters), "read")

    page = site.person(Role.SUPPORT).get("/", {"HX-Request": "true", "HX-Target": "live"})

    assert "could not be read" not in page.body
    assert 'id="live"' in page.body
