"""The states of a stack's alarms, read from the emulator's CloudWatch."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from notification_core.adapters.cloudwatch_alarms import CloudWatchAlarms
from notification_core.domain.alarms import AlarmState
from tests.emulator import Emulator


def test_alarms_are_read_with_their_states_and_without_those_of_other_stacks(
    emulator: Emulator,
) -> None:
    client, stack = emulator.client("cloudwatch"), f"stack-{uuid4().hex[:8]}"
    names = [f"{stack}-system-missed-ticks", f"{stack}-email-paused", f"other-{stack}-email-paused"]
    for name in names:
        client.put_metric_alarm(
            AlarmName=name,
            AlarmDescription=f"Something is wrong. Do this. See docs/runbook.md#{name}",
            Namespace="n",
            MetricName="m",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )
    client.set_alarm_state(AlarmName=names[1], StateValue="ALARM", StateReason="a test")
    client.set_alarm_state(AlarmName=names[0], StateValue="OK", StateReason="a test")

    alarms = {alarm.name: alarm for alarm in CloudWatchAlarms(lambda: client, f"{stack}-").list()}

    assert {name: alarm.state for name, alarm in alarms.items()} == {
        "system-missed-ticks": AlarmState.OK,
        "email-paused": AlarmState.ALARM,
    }
    raised = alarms["email-paused"]
    assert raised.advice == "Something is wrong. Do this."
    assert raised.runbook == f"docs/runbook.md#{names[1]}"
    assert datetime.now(UTC) - raised.since < timedelta(minutes=1)
    client.delete_alarms(AlarmNames=names)
