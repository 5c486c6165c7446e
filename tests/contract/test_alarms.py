"""The states of a stack's alarms, read from the emulator's CloudWatch."""

import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from botocore.session import Session

from notification_core.adapters.cloudwatch_alarms import CONFIG, CloudWatchAlarms
from notification_core.domain.alarms import AlarmState
from notification_core.domain.errors import Unavailable
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


def test_who_may_not_list_alarms_gets_none(emulator: Emulator) -> None:
    iam, name = emulator.client("iam"), f"user-{uuid4().hex[:8]}"
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    client = Session().create_client(
        "cloudwatch",
        endpoint_url=emulator.url,
        region_name="us-east-1",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
        config=CONFIG,
    )
    alarms = CloudWatchAlarms(lambda: client, f"{name}-")

    with pytest.raises(Unavailable):
        alarms.list()
    statement = {"Effect": "Allow", "Action": "cloudwatch:DescribeAlarms", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    iam.put_user_policy(UserName=name, PolicyName="list", PolicyDocument=json.dumps(document))
    assert alarms.list() == []
