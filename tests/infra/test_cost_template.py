"""What the calculator takes a deployment to have is what the template deploys."""

import re
from typing import Any

import pytest

from infra.local.layout import StackError
from infra.template_check.check import deployed, templates
from infra.template_check.resolved import Deployment
from infra.template_check.rules import sources
from notification_core.adapters.s3_contents import INLINE_BYTES
from notification_core.adapters.secrets import FRESH
from notification_core.adapters.sqs_queues import PACK
from notification_core.entrypoints.http_api.requests import MAX_BATCH
from notification_system.cost.rules import COMPRESSED, INLINE, LOG_DAYS, LONGER, SECRET_SECONDS
from notification_system.cost.step import BATCH, MESSAGES
from notification_system.cost.usage import DEPLOYED, Usage
from tests.architecture.templates import ROOT, read, resources

PARAMETERS = read("template.yaml")["Parameters"]


@pytest.fixture(scope="module")
def on_aws() -> Deployment:
    """What the template deploys to AWS with its defaults."""
    try:
        return deployed(templates(ROOT)["ses"], "ses")
    except StackError as reason:
        pytest.skip(str(reason))


def default(parameter: str) -> Any:
    """The default of a parameter of the template."""
    return PARAMETERS[parameter]["Default"]


def metrics_of(alarm: dict[str, Any]) -> int:
    """How many metrics an alarm is charged for: a query, by those that it finds, so none."""
    named = [each for each in alarm.get("Metrics", ()) if "MetricStat" in each]
    return len(named) if "Metrics" in alarm else 1


def test_lambda_polls_so_many_queues(on_aws: Deployment) -> None:
    polled = {queue for _, queue, _ in sources(on_aws)}
    queues = set(on_aws.of("AWS::SQS::Queue"))

    assert len(polled) == DEPLOYED.polled_queues
    assert len(queues - polled) == DEPLOYED.dead_letter_queues


def test_so_many_metrics_are_watched(on_aws: Deployment) -> None:
    alarms = on_aws.of("AWS::CloudWatch::Alarm").values()

    assert sum(map(metrics_of, alarms)) == DEPLOYED.alarm_metrics


def test_there_are_so_many_secrets(on_aws: Deployment) -> None:
    secrets = on_aws.of("AWS::SecretsManager::Secret").values()
    own = [secret for secret in secrets if "GenerateSecretString" in secret]

    assert len(own) == DEPLOYED.own_secrets
    assert len(secrets) - len(own) == DEPLOYED.credentials


def test_so_many_schedules_run_each_minute(on_aws: Deployment) -> None:
    schedules = on_aws.of("AWS::Scheduler::Schedule").values()

    assert [schedule["ScheduleExpression"] for schedule in schedules] == [
        "rate(1 minute)"
    ] * DEPLOYED.schedules


def test_the_functions_have_that_memory(on_aws: Deployment) -> None:
    functions = on_aws.of("AWS::Lambda::Function")
    letters = int(functions.pop("DeadLetters")["MemorySize"])

    assert letters == DEPLOYED.dead_letters_memory
    assert {int(function["MemorySize"]) for function in functions.values()} == {DEPLOYED.memory}


def test_the_defaults_are_the_templates() -> None:
    usage = Usage()

    assert usage.retention_days == int(default("RetentionDays"))
    assert usage.architecture == default("Architecture")
    assert usage.tracing is (default("Tracing") == "Active")


def test_batches_contents_and_logs_are_as_large_and_last_as_long_as_the_rules_have_it() -> None:
    [email] = [
        each["Events"]["Queue"]["Properties"]
        for name, each in resources("AWS::Serverless::Function").items()
        if name == "DeliverEmail"
    ]

    assert MAX_BATCH == PACK == BATCH
    assert int(email["BatchSize"]) == MESSAGES
    assert INLINE_BYTES == INLINE
    assert int(default("ContentSoonDays")) - int(default("RetentionDays")) == LONGER
    assert int(default("LogRetentionDays")) == LOG_DAYS
    assert 0 < COMPRESSED < 1


def test_a_secret_is_believed_as_long_as_the_adapter_does() -> None:
    assert FRESH.total_seconds() == SECRET_SECONDS


def test_the_page_names_parameters_that_there_are() -> None:
    text = (ROOT / "docs/costs.md").read_text()
    named = set(re.findall(r"`([A-Z][A-Za-z]+)(?:=\w+)?`", text))

    assert {"Tracing", "Architecture", "RetentionDays", "LogLevel"} <= named
    assert named <= set(PARAMETERS) | {"CredentialsIn"}
