"""Log lines become metrics, and metrics set alarms, as CloudWatch does it."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from infra.simulator.aws.client import client
from infra.simulator.aws.cloudwatch_emulation import CloudWatchEmulation
from infra.simulator.aws.metrics import MAX_DATA, data_of, requests
from notification_core.runtime.observability import emit
from tests.emulator import Emulator


def written(capsys: pytest.CaptureFixture[str], module: str, **counts: int) -> str:
    """The very line that a function writes."""
    emit(module, counts, milliseconds={"Lateness": [3, 900]})
    return capsys.readouterr().out.strip()


def test_each_metric_of_a_line_has_its_dimensions_and_all_its_values(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = {
        datum["MetricName"]: (namespace, datum)
        for namespace, datum in data_of(written(capsys, "email", Sent=2))
    }

    assert found.keys() == {"Sent", "Lateness"}
    namespace, late = found["Lateness"]
    assert namespace == "Notifications"
    assert sorted(late["Values"]) == [3, 900]
    assert late["Unit"] == "Milliseconds"
    assert {dimension["Name"]: dimension["Value"] for dimension in late["Dimensions"]} == {
        "module": "email",
        "service": "notifications",
    }
    assert abs(late["Timestamp"] - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize("line", ["START RequestId: 1", "{}", "[]", '{"_aws": {}}', "null"])
def test_another_line_is_no_metric(line: str) -> None:
    assert data_of(line) == []


def test_no_call_holds_more_than_cloudwatch_takes(capsys: pytest.CaptureFixture[str]) -> None:
    line = written(capsys, "email", Sent=1)

    calls = list(requests([line] * MAX_DATA))

    assert [len(call["MetricData"]) for call in calls] == [MAX_DATA, MAX_DATA]


@pytest.fixture
def group(emulator: Emulator) -> Iterator[str]:
    """A log group of its own."""
    name = f"/aws/lambda/{uuid4()}"
    logs = emulator.client("logs")
    logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName="stream")
    yield name
    logs.delete_log_group(logGroupName=name)


def test_a_line_counts_once_and_rings_only_the_alarm_of_its_module(
    emulator: Emulator, group: str, capsys: pytest.CaptureFixture[str]
) -> None:
    metric, cloudwatch = f"M{uuid4().hex}", client("cloudwatch", emulator.url)
    for module in ("email", "expo"):
        cloudwatch.put_metric_alarm(
            AlarmName=f"{metric}-{module}",
            Namespace="Notifications",
            MetricName=metric,
            Dimensions=[
                {"Name": "module", "Value": module},
                {"Name": "service", "Value": "notifications"},
            ],
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=2,
            DatapointsToAlarm=1,
            Threshold=0,
            ComparisonOperator="GreaterThanThreshold",
            TreatMissingData="notBreaching",
        )
    emulator.client("logs").put_log_events(
        logGroupName=group,
        logStreamName="stream",
        logEvents=[
            {"timestamp": int(time.time() * 1000), "message": each}
            for each in ("START", written(capsys, "email", **{metric: 7}))
        ],
    )
    emulation = CloudWatchEmulation(emulator.url, group)

    for _ in range(2):
        emulation.round()

    answer = cloudwatch.describe_alarms(AlarmNamePrefix=metric)["MetricAlarms"]
    assert {each["AlarmName"]: each["StateValue"] for each in answer} == {
        f"{metric}-email": "ALARM",
        f"{metric}-expo": "OK",
    }
    found = cloudwatch.get_metric_statistics(
        Namespace="Notifications",
        MetricName=metric,
        Dimensions=[
            {"Name": "module", "Value": "email"},
            {"Name": "service", "Value": "notifications"},
        ],
        StartTime=datetime.now(UTC) - timedelta(minutes=5),
        EndTime=datetime.now(UTC) + timedelta(minutes=1),
        Period=3600,
        Statistics=["Sum"],
    )
    assert sum(datapoint["Sum"] for datapoint in found["Datapoints"]) == 7
    cloudwatch.delete_alarms(AlarmNames=[each["AlarmName"] for each in answer])
