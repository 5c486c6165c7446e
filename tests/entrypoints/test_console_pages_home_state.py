"""The first line of the overview, and the alarms below it."""

from datetime import timedelta
from html import unescape

import pytest

from notification_core.adapters.memory.console import MemoryAlarms
from notification_core.domain.alarms import Alarm, AlarmState
from notification_core.domain.console_sessions import Role
from notification_core.entrypoints.console.rendering import age
from tests.builders import NOON, World, a_pause
from tests.console_world import ConsoleWorld, text_of
from tests.usecases.steps import stored

ADVICE = "The dispatcher does not run every minute. Run notify doctor."


def an_alarm(name: str, state: AlarmState = AlarmState.OK, minutes: int = 0) -> Alarm:
    """An alarm that has been in its state for some minutes."""
    address = f"https://example.com/runbook#{name.partition('-')[2]}"
    return Alarm(
        name=name,
        state=state,
        since=NOON - timedelta(minutes=minutes),
        description=f"{ADVICE} See {address}",
    )


def home(site: ConsoleWorld, *alarms: Alarm) -> str:
    """The text of the overview with these alarms."""
    assert isinstance(site.ports.alarms, MemoryAlarms)
    site.ports.alarms.stored = list(alarms)
    return text_of(site.person(Role.AUTHOR).get())


def test_a_quiet_system_is_said_to_be_well(site: ConsoleWorld) -> None:
    text = home(site, an_alarm("system-missed-ticks"), an_alarm("pigeon-paused"))

    assert (
        "Everything is well: all 2 alarms are OK, no target is paused, nothing is late. As of"
        in text
    )


def test_a_raised_alarm_shows_its_advice_and_its_section_of_the_runbook(
    site: ConsoleWorld,
) -> None:
    raised = an_alarm("system-missed-ticks", AlarmState.ALARM, minutes=5)
    text = home(site, raised, an_alarm("pigeon-paused"))
    page = site.person(Role.AUTHOR).get()

    assert "1 alarm is raised. As of" in text
    assert f"Alarm system-missed-ticks {ADVICE} Raised since 2026-03-01 11:55:00 UTC" in text
    assert "1 other alarm is not raised." in text
    assert 'href="https://example.com/runbook#missed-ticks"' in unescape(page.body)


def test_the_first_line_sums_up_all_that_is_wrong(site: ConsoleWorld, world: World) -> None:
    world.modules.pause("pigeon", a_pause())
    raised = [an_alarm(f"pigeon-{name}", AlarmState.ALARM) for name in ("paused", "lateness")]

    assert "2 alarms are raised and 1 target is paused. As of" in home(site, *raised)


def test_what_is_late_stands_out_unless_its_target_is_paused(
    site: ConsoleWorld, world: World
) -> None:
    stored(world, scheduled_delivery=NOON - timedelta(minutes=3))

    text = home(site)
    assert "The oldest notification has been due for 3 min. As of" in text
    assert "2026-03-01 11:57:00 UTC 3 min late" in text

    world.modules.pause("pigeon", a_pause())
    text = home(site)
    assert "1 target is paused. As of" in text
    assert "min late" not in text


def test_what_is_being_sent_right_now_is_not_late(site: ConsoleWorld, world: World) -> None:
    stored(world, scheduled_delivery=NOON - timedelta(seconds=20))

    assert "Everything is well: no target is paused, nothing is late." in home(site)


def test_the_page_works_without_cloudwatch_and_says_so(site: ConsoleWorld) -> None:
    assert isinstance(site.ports.alarms, MemoryAlarms)
    site.ports.alarms.stored = None

    text = text_of(site.person(Role.OPERATOR).get())

    assert "No target is paused, nothing is late and the alarms could not be read." in text
    assert "CloudWatch did not answer, or denied the request" in text
    assert "Backlog" in text


def test_an_alarm_without_a_state_counts_only_when_it_is_not_new(site: ConsoleWorld) -> None:
    new = an_alarm("pigeon-paused", AlarmState.INSUFFICIENT_DATA, minutes=10)
    old = an_alarm("pigeon-paused", AlarmState.INSUFFICIENT_DATA, minutes=20)

    assert "Everything is well: no alarm is raised, no target is paused" in home(site, new)
    assert "1 alarm cannot be evaluated. As of" in home(site, old)


def test_the_alarms_of_a_stack_with_a_longer_name_are_not_shown(site: ConsoleWorld) -> None:
    other = an_alarm("staging-system-missed-ticks", AlarmState.ALARM)

    assert "Everything is well: no target is paused" in home(site, other)


def test_an_address_of_the_runbook_that_is_no_url_is_not_a_link(site: ConsoleWorld) -> None:
    raised = Alarm(
        name="pigeon-paused",
        state=AlarmState.ALARM,
        since=NOON,
        description=f"{ADVICE} See javascript:alert(1)",
    )

    assert "Runbook: javascript:alert(1)" in home(site, raised)
    assert 'href="javascript' not in site.person(Role.AUTHOR).get().body


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-1, "0 s"), (119, "119 s"), (120, "2 min"), (7200, "2 h"), (3 * 86_400, "3 days")],
)
def test_an_age_has_the_unit_that_fits(seconds: int, text: str) -> None:
    assert age(timedelta(seconds=seconds)) == text
