"""What `notify restore` derives from the template, and what the template needs for it."""

import json
from typing import Any

import pytest

from infra.template_check.check import deployed
from notification_system.cli.restore.retained import (
    BUCKET,
    IDENTIFIERS,
    TABLE,
    retained_resources,
    retained_secrets,
)
from notification_system.cli.template_file import ParameterValues, read_template
from tests.architecture.templates import ROOT
from tests.restoring import import_of

TEMPLATE = read_template(ROOT / "template.yaml")

#: Bytes: AWS CloudFormation User Guide, "Understand CloudFormation quotas", template body size.
TEMPLATE_BODY = 51_200

#: The tables that are created anew: docs/deploying.md says what they hold.
NOT_RESTORED = {"CountersTable", "JobsTable", "ModulesTable", "SessionsTable"}


@pytest.mark.parametrize("console", ["false", "true"])
def test_every_table_and_bucket_that_outlives_the_stack_is_imported(console: str) -> None:
    values = ParameterValues(TEMPLATE, {"Console": console})

    imported = {resource.logical for resource in retained_resources(values)}

    expected = {
        logical
        for logical, resource in TEMPLATE["Resources"].items()
        if resource["Type"] in IDENTIFIERS and values.holds(resource.get("Condition"))
    }
    assert imported == expected - NOT_RESTORED
    assert ("UserPool" in imported) == (console == "true")


def test_each_generated_key_can_be_replaced_by_a_parameter() -> None:
    secrets = retained_secrets(ParameterValues(TEMPLATE, {}))

    assert secrets == {"ErasureSecret": "erasure", "UnsubscribeSecret": "unsubscribe"}
    for logical in secrets:
        assert TEMPLATE["Parameters"][f"{logical}Arn"]["Default"] == ""


def test_a_deployment_with_an_old_key_creates_none(
    transformed: dict[str, dict[str, Any]],
) -> None:
    arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:notifications/erasure-AbCdEf"
    other = arn.replace("erasure", "unsubscribe")

    resources = deployed(
        transformed["ses"], "ses", Console="true", ErasureSecretArn=arn, UnsubscribeSecretArn=other
    ).resources

    assert not {"ErasureSecret", "UnsubscribeSecret"} & resources.keys()
    text = json.dumps(resources)
    assert '["ErasureSecret"' not in text
    assert '["UnsubscribeSecret"' not in text
    assert resources["Jobs"]["Properties"]["Environment"]["Variables"]["ERASURE_SECRET_ID"] == arn
    variables = resources["DeliverEmail"]["Properties"]["Environment"]["Variables"]
    assert variables["UNSUBSCRIBE_SECRET_ID"] == other
    [denied] = [
        statement["Resource"]
        for statement in resources["Operators.OperatorPolicy"]["Properties"]["PolicyDocument"][
            "Statement"
        ]
        if statement["Effect"] == "Deny"
    ]
    assert denied == [arn, other]


def test_the_template_of_the_import_stands_alone_and_fits_into_a_request() -> None:
    values = ParameterValues(TEMPLATE, {"Console": "true", "ProviderIdIndex": "true"})
    resources = retained_resources(values)
    template = import_of(values)

    assert set(template) == {"AWSTemplateFormatVersion", "Description", "Parameters", "Resources"}
    text = json.dumps(template["Resources"])
    assert not [function for function in ("Fn::GetAtt", "Fn::If", "Condition") if function in text]
    assert text.count('{"Ref": ') == text.count('{"Ref": "AWS::StackName"}')
    assert len(json.dumps(template)) < TEMPLATE_BODY
    for resource in resources:
        imported = template["Resources"][resource.logical]
        assert imported["DeletionPolicy"] == "RetainExceptOnCreate"
        if resource.kind == TABLE:
            assert imported["Properties"] == resource.properties
        if resource.kind == BUCKET:
            assert "Properties" not in imported


@pytest.mark.parametrize("state", ["ENABLED", "DISABLED"])
def test_a_parameter_stops_the_dispatcher(
    transformed: dict[str, dict[str, Any]], state: str
) -> None:
    resources = deployed(transformed["ses"], "ses", DispatcherSchedule=state).resources

    assert resources["DispatcherEveryMinute"]["Properties"]["State"] == state
    assert "State" not in resources["DeadLettersEveryMinute"]["Properties"]
