"""The deployed stack is what the template says, also where the emulator ignores the template."""

import json
from typing import Any

import pytest

from infra.local.layout import StackError, running_architecture
from infra.template_check.check import templates
from infra.template_check.resolved import Deployment, deployment
from tests.architecture.templates import ROOT
from tests.system.conftest import System

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def wanted(system: System) -> Deployment:
    """What the repository's template says of a deployment to this emulator."""
    parameters = {
        "AwsEndpointUrl": system.access["endpoint_url"],
        "Size": "laptop",
        "Console": "true",
        "Tracing": "Active",
        "Architecture": running_architecture(),
    }
    try:
        return deployment(templates(ROOT)["ses"], parameters)
    except StackError as reason:
        pytest.skip(str(reason))


def physical(system: System, name: str) -> str:
    """The physical id of a resource; `EmailQueue.Queue` is one of a nested stack."""
    cloudformation, found = system.client("cloudformation"), system.access["stack_name"]
    for logical in name.split("."):
        described = cloudformation.describe_stack_resource(
            StackName=found, LogicalResourceId=logical
        )
        found = described["StackResourceDetail"]["PhysicalResourceId"]
    return str(found)


def test_lambda_ends_no_chain_of_any_function(system: System, wanted: Deployment) -> None:
    client = system.client("lambda")
    functions = wanted.of("AWS::Lambda::Function")

    found = {
        name: client.get_function_recursion_config(FunctionName=system.access["functions"][name])
        for name in functions
    }

    assert {name: each["RecursiveLoop"] for name, each in found.items()} == dict.fromkeys(
        functions, "Allow"
    )


def test_each_function_has_its_memory_time_and_tracing(system: System, wanted: Deployment) -> None:
    client = system.client("lambda")
    for name, function in wanted.of("AWS::Lambda::Function").items():
        found = client.get_function_configuration(FunctionName=system.access["functions"][name])
        for key in ("MemorySize", "Timeout", "TracingConfig", "Architectures"):
            assert found[key] == function[key], (name, key)


def test_a_failed_tick_is_not_repeated(system: System, wanted: Deployment) -> None:
    configs = wanted.of("AWS::Lambda::EventInvokeConfig").values()

    for config in configs:
        found = system.client("lambda").get_function_event_invoke_config(
            FunctionName=system.access["functions"][config["FunctionName"]["Ref"]],
            Qualifier=config["Qualifier"],
        )
        for key in ("MaximumRetryAttempts", "MaximumEventAgeInSeconds"):
            assert found[key] == config[key]
    assert {each["FunctionName"]["Ref"] for each in configs} == {"Dispatcher", "DeadLetters"}


def test_each_table_expires_and_can_be_restored_as_the_template_says(
    system: System, wanted: Deployment
) -> None:
    client = system.client("dynamodb")
    tables = wanted.of("AWS::DynamoDB::Table")

    for name, table in tables.items():
        real = physical(system, name)
        expiry = client.describe_time_to_live(TableName=real)["TimeToLiveDescription"]
        attribute = table.get("TimeToLiveSpecification", {}).get("AttributeName")
        assert expiry.get("AttributeName") == attribute, name
        assert expiry["TimeToLiveStatus"] == ("ENABLED" if attribute else "DISABLED"), name
        backups = client.describe_continuous_backups(TableName=real)
        recovery = backups["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
        assert recovery["PointInTimeRecoveryStatus"] == "ENABLED", name
    assert len(tables) == 10


def test_contents_leave_the_bucket_when_the_template_says(
    system: System, wanted: Deployment
) -> None:
    [bucket] = wanted.of("AWS::S3::Bucket").values()
    rules = bucket["LifecycleConfiguration"]["Rules"]

    found = system.client("s3").get_bucket_lifecycle_configuration(
        Bucket=system.access["outputs"]["ContentBucket"]
    )["Rules"]

    days = {each["Filter"]["Prefix"]: each["Expiration"]["Days"] for each in found}
    assert days == {rule["Prefix"]: int(rule["ExpirationInDays"]) for rule in rules}
    assert {each["Status"] for each in found} == {"Enabled"}


def test_each_queue_hides_keeps_and_gives_up_as_the_template_says(
    system: System, wanted: Deployment
) -> None:
    client = system.client("sqs")
    for name, queue in wanted.of("AWS::SQS::Queue").items():
        url = physical(system, name)
        found = client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        for key in ("VisibilityTimeout", "MessageRetentionPeriod"):
            assert int(found[key]) == queue[key], (name, key)
        assert tries(json.loads(found.get("RedrivePolicy", "{}"))) == tries(
            queue.get("RedrivePolicy", {})
        )


def tries(policy: dict[str, Any]) -> int | None:
    """How often a queue hands a message over before it gives it up."""
    found: int | None = policy.get("maxReceiveCount")
    return found
