"""What CloudFormation gets is right, and each rule of the check sees what breaks it."""

import copy
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.template_check.check import TRANSPORTS, deployed, templates, violations
from infra.template_check.resolved import deployment
from tests.architecture.templates import ROOT

Templates = dict[str, Any]

MONITORING = "infra/templates/monitoring.yaml"
TARGET = "infra/templates/target.yaml"


def resource(found: Templates, name: str, path: str = "template.yaml") -> Any:
    """A resource of a transformed template."""
    return found[path]["Resources"][name]


def properties(found: Templates, name: str, path: str = "template.yaml") -> Any:
    """The properties of a resource of a transformed template."""
    return resource(found, name, path)["Properties"]


def layer(found: Templates) -> Any:
    """The properties of the layer, whose name the transform makes up."""
    resources = found["template.yaml"]["Resources"].values()
    [layer] = [each for each in resources if each["Type"] == "AWS::Lambda::LayerVersion"]
    return layer["Properties"]


def missed_ticks(found: Templates) -> Any:
    """The properties of the alarm that is computed from several metrics."""
    return properties(found, "MissedTicksAlarm", MONITORING)


def sending(found: Templates) -> list[Any]:
    """The statements of DeliverEmail's role that are only there with SES."""
    [policy] = properties(found, "DeliverEmailRole")["Policies"]
    statements = policy["PolicyDocument"]["Statement"]
    conditional = [statement["Fn::If"] for statement in statements if "Fn::If" in statement]
    return [then for condition, then, _ in conditional if condition == "UsesSes"]


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_the_template_is_right(transformed: dict[str, Templates], transport: str) -> None:
    assert list(violations(transformed[transport], transport)) == []


BREAKS: dict[str, tuple[Callable[[Templates], Any], str]] = {
    "a function that Lambda may end": (
        lambda found: properties(found, "Jobs").pop("RecursiveLoop"),
        "JobsWork: its function must have RecursiveLoop",
    ),
    "a function that a fragment feeds, and Lambda may end": (
        lambda found: properties(found, "DeliverExpo").update(RecursiveLoop="Terminate"),
        "DeliverExpoQueue: its function must have RecursiveLoop",
    ),
    "no alarm on dropped messages": (
        lambda found: found[MONITORING]["Resources"].pop("RecursiveInvocationsAlarm"),
        "no alarm watches RecursiveInvocationsDropped",
    ),
    "a queue that shows a message too soon": (
        lambda found: properties(found, "JobsQueue").update(VisibilityTimeout=120),
        "JobsWork: JobsQueue must hide a message for 6 x 60 s, not 120",
    ),
    "a fragment's queue that shows a message too soon": (
        lambda found: properties(found, "Queue", TARGET).update(VisibilityTimeout=60),
        "DeliverEmailQueue: EmailQueue.Queue must hide",
    ),
    "a policy of two queues": (
        lambda found: properties(found, "MailEventsQueuePolicy")["Queues"].append(
            {"Ref": "MailEventsDeadLetters"}
        ),
        "MailEventsQueuePolicy: allowed actions must name its only queue",
    ),
    "a traced API": (
        lambda found: properties(found, "RestApiv1Stage").update(TracingEnabled=True),
        "RestApiv1Stage must not be traced",
    ),
    "an untraced function": (
        lambda found: properties(found, "Api").update(TracingConfig={"Mode": "PassThrough"}),
        "Api must have the tracing Active",
    ),
    "a function that is always traced": (
        lambda found: properties(found, "Jobs").update(TracingConfig={"Mode": "Active"}),
        "Jobs must have the tracing PassThrough",
    ),
    "a function for one processor": (
        lambda found: properties(found, "Api").update(Architectures=["x86_64"]),
        "Api must be for arm64",
    ),
    "a layer for one processor": (
        lambda found: layer(found).update(CompatibleArchitectures=["arm64"]),
        "must be for x86_64",
    ),
    "lines of Lambda's about each invocation": (
        lambda found: properties(found, "Api")["LoggingConfig"].pop("SystemLogLevel"),
        "Api must omit Lambda's lines",
    ),
    "a level that holds back metrics": (
        lambda found: found["template.yaml"]["Mappings"]["LambdaLogLevels"]["ERROR"].update(
            Name="ERROR"
        ),
        "DeliverEmail: Lambda would filter out its metrics",
    ),
    "metrics of each method": (
        lambda found: properties(found, "RestApiv1Stage")["MethodSettings"][0].update(
            MetricsEnabled=True
        ),
        "RestApiv1Stage must have no detailed metrics",
    ),
    "a key that goes with the stack": (
        lambda found: resource(found, "ErasureSecret").pop("DeletionPolicy"),
        "ErasureSecret: its key must outlive the stack",
    ),
    "a key that is lost when it is replaced": (
        lambda found: resource(found, "UnsubscribeSecret").update(UpdateReplacePolicy="Delete"),
        "UnsubscribeSecret: its key must outlive the stack",
    ),
    "a table without recovery": (
        lambda found: properties(found, "OptOutsTable").pop("PointInTimeRecoverySpecification"),
        "OptOutsTable must have point-in-time recovery",
    ),
    "a table that nothing leaves": (
        lambda found: properties(found, "JobsTable").pop("TimeToLiveSpecification"),
        "must expire by expires_at",
    ),
    "a layer that registers nothing": (
        lambda found: properties(found, "Targets").pop("Layer"),
        "Targets must refer to the AWS::Lambda::LayerVersion",
    ),
    "a tick that Lambda repeats": (
        lambda found: properties(found, "DispatcherEventInvokeConfig").update(
            MaximumRetryAttempts=2
        ),
        "Lambda must not retry Dispatcher by itself",
    ),
    "an index whose throttles nobody hears": (
        lambda found: properties(found, "TableThrottlesAlarm", MONITORING)["Metrics"][0].update(
            Expression='SELECT SUM(WriteThrottleEvents) FROM SCHEMA("AWS/DynamoDB", TableName)'
        ),
        "TableThrottlesAlarm must watch the table and all its indexes",
    ),
    "an alarm on too many metrics": (
        lambda found: missed_ticks(found)["Metrics"]["Fn::If"][1].extend([{}] * 8),
        "MissedTicksAlarm must have at most 10 metrics",
    ),
    "too little memory for e-mails": (
        lambda found: properties(found, "DeliverEmail").update(MemorySize=256),
        "DeliverEmail must have 512 MB, not 256",
    ),
    "any sender": (
        lambda found: sending(found)[0].pop("Condition"),
        "on condition of ses:FromAddress",
    ),
    "verified recipients refused": (
        lambda found: sending(found)[0].update(Resource="arn:of:the:sender"),
        "sending must be allowed for any identity",
    ),
    "a configuration set under the sender's condition": (
        lambda found: sending(found)[1].update(Condition={"StringEquals": {}}),
        "for the configuration set, in a separate statement",
    ),
    "half of what sending takes": (
        lambda found: sending(found)[1].update(Action="ses:SendEmail"),
        "neither of the two",
    ),
    "no mail events": (
        lambda found: resource(found, "MailEventDestination").update(Condition="OnEmulator"),
        "there is no AWS::SES::ConfigurationSetEventDestination",
    ),
}


@pytest.mark.parametrize(("broken", "violation"), BREAKS.values(), ids=BREAKS)
def test_a_rule_sees_what_breaks_it(
    transformed: dict[str, Templates], broken: Callable[[Templates], Any], violation: str
) -> None:
    found = copy.deepcopy(transformed["ses"])
    broken(found)

    assert any(violation in each for each in violations(found, "ses"))


@pytest.mark.parametrize(
    "name", ["MailConfiguration", "MailEventDestination", "MailEventsRule", "MailEventsQueue"]
)
def test_a_part_of_ses_that_a_mail_server_does_not_need_is_seen(
    transformed: dict[str, Templates], name: str
) -> None:
    found = copy.deepcopy(transformed["smtp"])
    resource(found, name).pop("Condition")

    said = list(violations(found, "smtp"))
    assert any(f"{name} must not be there without SES" in each for each in said)


def test_a_reference_to_what_only_ses_has_is_seen(transformed: dict[str, Templates]) -> None:
    found = copy.deepcopy(transformed["smtp"])
    variables = properties(found, "DeliverEmail")["Environment"]["Variables"]
    variables["SES_CONFIGURATION_SET"] = {"Ref": "MailConfiguration"}

    violation = "DeliverEmail refers to MailConfiguration, which is not deployed"
    assert violation in list(violations(found, "smtp"))


def test_a_new_layer_alone_registers_the_targets_anew(
    transformed: dict[str, Templates], tmp_path: Path
) -> None:
    """CloudFormation runs a custom resource again when one of its properties changes."""
    text = (ROOT / "template.yaml").read_text()
    assert text.count("ContentUri: shared/") == 1
    other = text.replace("ContentUri: shared/", "ContentUri: s3://bucket/another-layer")
    (tmp_path / "template.yaml").write_text(other)
    shutil.copytree(ROOT / "infra/templates", tmp_path / "infra/templates")

    before, after = transformed["ses"], templates(tmp_path)["ses"]

    assert properties(after, "Targets") != properties(before, "Targets")
    for name in ("ServiceToken", "CodeVersion"):
        assert properties(after, "Targets")[name] == properties(before, "Targets")[name]


def test_a_fragment_is_read_with_what_its_stack_is_given(
    transformed: dict[str, Templates],
) -> None:
    resources = deployed(transformed["ses"], "ses").resources

    queue = resources["TwilioQueue.Queue"]["Properties"]
    assert queue["QueueName"] == "${AWS::StackName}-deliver-twilio"
    source = resources["DeliverTwilioQueue"]["Properties"]["EventSourceArn"]
    assert source == {"Fn::GetAtt": ["TwilioQueue.Queue", "Arn"]}
    alarm = resources["TwilioQueue.LatenessAlarm"]["Properties"]
    assert alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}]


def test_conditions_mappings_and_functions_are_decided() -> None:
    template = {
        "Parameters": {"Size": {"Default": "small"}, "Name": {}},
        "Mappings": {"Sizes": {"small": {"Count": 1}}},
        "Conditions": {
            "IsSmall": {"Fn::Equals": [{"Ref": "Size"}, "small"]},
            "IsLarge": {"Fn::Not": [{"Condition": "IsSmall"}]},
            "Either": {"Fn::Or": [{"Condition": "IsSmall"}, {"Condition": "IsLarge"}]},
            "Both": {"Fn::And": [{"Condition": "IsSmall"}, {"Condition": "IsLarge"}]},
        },
        "Resources": {
            "Kept": {
                "Type": "A",
                "Condition": "Either",
                "Properties": {
                    "Count": {"Fn::FindInMap": ["Sizes", {"Ref": "Size"}, "Count"]},
                    "Left": {"Fn::If": ["IsLarge", 1, {"Ref": "AWS::NoValue"}]},
                    "Texts": [{"Fn::If": ["IsLarge", 1, {"Ref": "AWS::NoValue"}]}],
                    "Url": {"Fn::Sub": ["${Name}/${Part}/${Other.Arn}/${!Literal}", {"Part": "p"}]},
                },
            },
            "Dropped": {"Type": "A", "Condition": "Both"},
            "Other": {"Type": "B"},
        },
    }

    found = deployment({"template.yaml": template}, {"Name": "n"})

    assert found.of("A") == {
        "Kept": {"Count": 1, "Texts": [], "Url": "n/p/${Other.Arn}/${!Literal}"}
    }
    assert found.resources.keys() == {"Kept", "Other"}
