"""The state of the whole system."""

from datetime import timedelta

from notification_core.adapters.memory.console import MemoryAlarms
from notification_core.domain.alarms import Alarm, AlarmState
from notification_core.usecases.console.overview import overview
from tests.builders import NOON, World, a_pause
from tests.usecases.steps import stored


def an_alarm(name: str, state: AlarmState, minutes: int) -> Alarm:
    """An alarm that has been in its state for some minutes."""
    return Alarm(name=name, state=state, since=NOON - timedelta(minutes=minutes))


def test_the_latest_alarm_comes_first(world: World) -> None:
    alarms = MemoryAlarms()
    alarms.stored = [
        an_alarm("pigeon-lateness", AlarmState.ALARM, 9),
        an_alarm("pigeon-paused", AlarmState.OK, 1),
        an_alarm("system-missed-ticks", AlarmState.ALARM, 2),
    ]

    state = overview(world.ports, alarms)

    assert [alarm.name for alarm in state.raised] == ["system-missed-ticks", "pigeon-lateness"]
    assert state.unevaluated == []


def test_the_age_of_the_oldest_leaves_out_what_waits_for_a_paused_target(world: World) -> None:
    stored(world, scheduled_delivery=NOON - timedelta(minutes=3))
    alarms = MemoryAlarms()

    state = overview(world.ports, alarms)
    assert state.oldest_age == timedelta(minutes=3)
    assert [state.is_late(backlog) for backlog in state.backlogs] == [True]

    world.modules.pause("pigeon", a_pause())
    state = overview(world.ports, alarms)
    assert state.oldest_age is None
    assert [backlog.name for backlog in state.paused] == ["pigeon"]
    assert not any(state.is_late(backlog) for backlog in state.backlogs)


def test_without_cloudwatch_the_rest_is_known(world: World) -> None:
    alarms = MemoryAlarms()
    alarms.stored = None

    state = overview(world.ports, alarms)

    assert state.alarms is None
    assert (state.raised, state.unevaluated) == ([], [])
    assert len(state.backlogs) == 1


def test_a_handler_that_a_target_names_but_nobody_deployed_is_named(world: World) -> None:
    world.modules.stored.clear()

    assert [backlog.name for backlog in overview(world.ports, MemoryAlarms()).undeployed] == [
        "pigeon"
    ]
