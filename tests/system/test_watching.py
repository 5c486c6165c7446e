"""What the deployed stack tells those who watch it."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.system.conftest import System, wait_for

pytestmark = pytest.mark.stack


def lines(system: System, containing: str, since: float = 0) -> list[dict[str, Any]]:
    """Every structured line of any function that contains a text, `since` a time in seconds."""
    found = [line for line in system.log_lines(since) if line.startswith("{")]
    return [json.loads(line) for line in found if containing in line]


def state(system: System, alarm: str) -> str:
    """The state of an alarm of the stack."""
    name = f"{system.access['stack_name']}-{alarm}"
    [found] = system.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return str(found["StateValue"])


@contextmanager
def subscribed(system: System) -> Iterator[str]:
    """The URL of a queue that gets what goes to the stack's topic."""
    sqs, sns = system.client("sqs"), system.client("sns")
    url = sqs.create_queue(QueueName="listener")["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    queue, topic = found["Attributes"]["QueueArn"], system.access["outputs"]["AlarmTopic"]
    allow = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": queue}
    allow |= {"Principal": {"Service": "sns.amazonaws.com"}}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    subscription = sns.subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=queue, ReturnSubscriptionArn=True
    )
    yield url
    sns.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])
    sqs.delete_queue(QueueUrl=url)


def heard(system: System, url: str) -> list[dict[str, Any]]:
    """What has come to a queue from the topic."""
    answer = system.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    return [json.loads(json.loads(each["Body"])["Message"]) for each in answer.get("Messages", ())]


def test_a_dead_letter_rings_although_its_queue_is_empty_again(system: System) -> None:
    stack, sqs = system.access["stack_name"], system.client("sqs")
    queue = sqs.get_queue_url(QueueName=f"{stack}-dead-letters-expo")["QueueUrl"]
    rung: list[str] = []
    with subscribed(system) as listener:
        sqs.send_message(QueueUrl=queue, MessageBody="garbage")
        system.read_dead_letters()
        wait_for(lambda: state(system, "expo-dead-letters") == "ALARM")

        def has_rung() -> bool:
            said = heard(system, listener)
            mine = [each for each in said if each["AlarmName"] == f"{stack}-expo-dead-letters"]
            rung.extend(each["AlarmDescription"] for each in mine)
            return bool(rung)

        wait_for(has_rung)

    depth = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    assert depth["ApproximateNumberOfMessages"] == "0"
    assert rung[0].endswith("docs/runbook.md#dead-letters")
    wait_for(lambda: state(system, "system-jobs-dead-letters") == "OK")


def test_a_target_that_a_fault_pauses_rings(system: System, user: str) -> None:
    system.register(user, "Expo", f"ExponentPushToken[error-UNAUTHORIZED-{user}]")
    [asked] = system.notify(user=user)
    wait_for(lambda: system.target("Expo")["state"] == "paused")
    system.tick()

    wait_for(lambda: state(system, "expo-paused") == "ALARM")

    assert system.api("POST", f"/notifications/{asked['id']}/cancel").status == 200
    assert system.api("POST", f"/targets/{system.target('Expo')['id']}/resume").status == 200


def test_each_tick_is_counted_with_the_age_of_each_backlog(system: System, user: str) -> None:
    system.register(user, "Email", f"{user}@example.com")
    email = system.target("Email")["id"]
    system.api("POST", f"/targets/{email}/pause", {"reason": "a test"})
    system.notify(user=user, targets=["Email"])
    with system.later(minutes=3):
        system.tick()
    cloudwatch = system.client("cloudwatch")

    def most(metric: str, dimensions: dict[str, str], namespace: str) -> float:
        answer = cloudwatch.get_metric_statistics(
            Namespace=namespace,
            MetricName=metric,
            Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
            StartTime=datetime.now(UTC) - timedelta(hours=1),
            EndTime=datetime.now(UTC) + timedelta(minutes=1),
            Period=3600,
            Statistics=["Maximum", "SampleCount"],
        )
        return max((datapoint["Maximum"] for datapoint in answer["Datapoints"]), default=-1)

    mine = {"service": "notifications", "module": "email"}
    wait_for(lambda: most("BacklogAge", mine, system.access["stack_name"]) >= 180)
    dispatcher = {"FunctionName": system.access["functions"]["Dispatcher"]}
    wait_for(lambda: most("Invocations", dispatcher, "AWS/Lambda") == 1)
    system.api("POST", f"/targets/{email}/resume")
    system.tick()


def test_one_notification_can_be_followed_from_its_request_to_its_end(
    system: System, user: str
) -> None:
    began = time.time() - 1
    system.register(user, "Twilio", "+15551230088")
    [asked] = system.notify(user=user)
    system.ended(asked)

    def trail() -> dict[str, dict[str, Any]]:
        return {line["message"]: line for line in lines(system, asked["id"], began)}

    wait_for(lambda: {"accepted", "batch", "report"} <= trail().keys())
    found = trail()
    assert found["accepted"]["notifications"] == [asked["id"]]
    assert found["accepted"]["request_id"]
    [attempt] = [each for each in found["batch"]["attempts"] if each["notification"] == asked["id"]]
    assert attempt == {"notification": asked["id"], "attempt": 1, "status": "SENT"}
    assert found["report"]["notification"] == asked["id"]
    for line in found.values():
        assert line["function_request_id"]
        assert line["xray_trace_id"]


def test_every_function_is_traced_and_the_api_is_not(system: System) -> None:
    functions, iam = system.client("lambda"), system.client("iam")

    for name in system.access["functions"].values():
        found = functions.get_function_configuration(FunctionName=name)
        assert found["TracingConfig"]["Mode"] == "Active", name  # so the local stack is deployed
        role = found["Role"].rpartition("/")[2]
        attached = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
        # SAM's own choice for `Tracing: Active`.
        assert "AWSXrayWriteOnlyAccess" in {each["PolicyName"] for each in attached}, name
    api = system.client("apigateway").get_stage(
        restApiId=system.access["outputs"]["ApiId"], stageName="v1"
    )
    assert not api["tracingEnabled"]


def test_the_dashboard_is_there_and_can_be_read(system: System) -> None:
    name = system.access["outputs"]["DashboardName"]
    answer = system.client("cloudwatch").get_dashboard(DashboardName=name)

    widgets = json.loads(answer["DashboardBody"])["widgets"]

    namespace = system.access["stack_name"]
    assert name == f"{namespace}-overview"
    assert f'"{namespace}",module,service' in json.dumps(widgets).replace("\\", "")
