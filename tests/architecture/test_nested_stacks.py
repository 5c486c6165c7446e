"""A stack deployed from the earlier template can be updated to this one.

CloudFormation creates the resources of an update before it deletes the old ones, so a fixed name
that moves to another stack collides with itself, and a moved stateful resource loses its content.
`stateful_resources.json` holds the resources of the template before alarms, dashboard and operator
policy moved to nested stacks (docs/decisions/0065-stateful-resources-stay-in-the-root-stack.md).
"""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.template_check.check import deployed

#: The property of each type of resource that sets its physical name.
NAME_PROPERTIES = {
    "AWS::ApiGateway::RestApi": "Name",
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::CloudWatch::Dashboard": "DashboardName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::Events::Rule": "Name",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Role": "RoleName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SES::ConfigurationSet": "Name",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::Scheduler::Schedule": "Name",
    "AWS::SecretsManager::Secret": "Name",
}

#: Types that hold data or that others know by name, and policies attached to such a resource.
#: A moved policy is attached first and then removed from the resource with its old owner.
STATEFUL = {
    "AWS::DynamoDB::Table",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::S3::BucketPolicy",
    "AWS::SES::ConfigurationSet",
    "AWS::SES::ConfigurationSetEventDestination",
    "AWS::SNS::Topic",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::Queue",
    "AWS::SQS::QueuePolicy",
    "AWS::SecretsManager::Secret",
}

BEFORE: dict[str, list[str | None]] = json.loads(
    Path(__file__).with_name("stateful_resources.json").read_text()
)


@pytest.fixture(scope="module")
def after(transformed: dict[str, dict[str, Any]]) -> dict[str, list[str | None]]:
    """Type and physical name of each resource, by its logical id within its stack."""
    return described(deployed(transformed["ses"], "ses").resources)


def described(resources: Mapping[str, Any]) -> dict[str, list[str | None]]:
    """Return the type and the physical name of the resources that are stateful or have a name."""
    found = {
        logical_id: [resource["Type"], _physical_name(resource)]
        for logical_id, resource in resources.items()
    }
    return {key: value for key, value in found.items() if value[1] or value[0] in STATEFUL}


def _physical_name(resource: Mapping[str, Any]) -> str | None:
    """Return the name that the template sets, as text."""
    name = resource.get("Properties", {}).get(NAME_PROPERTIES.get(resource["Type"], ""))
    return f"${{{name['Ref']}}}" if isinstance(name, Mapping) else name


def test_no_stateful_resource_has_changed_its_stack_type_or_name(
    after: dict[str, list[str | None]],
) -> None:
    before = {key: value for key, value in BEFORE.items() if value[0] in STATEFUL}

    assert before
    assert {key: after.get(key) for key in before} == before


def test_no_physical_name_appears_twice(after: dict[str, list[str | None]]) -> None:
    names = Counter((kind, name) for kind, name in after.values() if name)

    assert [key for key, count in names.items() if count > 1] == []


def test_moved_resources_have_other_physical_names(after: dict[str, list[str | None]]) -> None:
    moved = [value for key, value in after.items() if key not in BEFORE and value[1]]

    assert [value for value in moved if value in BEFORE.values()] == []
    assert {kind for kind, _ in moved} >= {"AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard"}
