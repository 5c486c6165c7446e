"""What an alarm's description and its name say."""

import pytest

from notification_core.domain.alarms import Alarm, AlarmState
from tests.builders import NOON


def an_alarm(name: str = "system-missed-ticks", description: str = "") -> Alarm:
    """A raised alarm."""
    return Alarm(name=name, state=AlarmState.ALARM, since=NOON, description=description)


@pytest.mark.parametrize(
    ("description", "advice", "runbook"),
    [
        ("It is late. Wait. See docs/a.md#late", "It is late. Wait.", "docs/a.md#late"),
        ("See the logs. See docs/a.md#late", "See the logs.", "docs/a.md#late"),
        ("It is late.", "It is late.", ""),
        ("", "", ""),
    ],
)
def test_a_description_ends_with_the_address_of_the_runbook(
    description: str, advice: str, runbook: str
) -> None:
    alarm = an_alarm(description=description)

    assert (alarm.advice, alarm.runbook) == (advice, runbook)


@pytest.mark.parametrize(
    ("name", "is_own"),
    [
        ("system-missed-ticks", True),
        ("email-paused", True),
        ("sms-paused", False),
        ("staging-system-missed-ticks", False),
        ("emailing-paused", False),
    ],
)
def test_an_alarm_of_the_system_or_of_a_deployed_module_belongs_to_the_stack(
    name: str, is_own: bool
) -> None:
    assert an_alarm(name).belongs_to(frozenset({"email"})) is is_own
