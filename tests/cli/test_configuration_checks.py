"""The checks of tables, of SES's events and of permissions, on settings that were changed."""

import json
import shlex
from types import SimpleNamespace
from typing import Any

import pytest

from notification_system.cli.checks import credentials, mail, permissions, running, tables
from notification_system.cli.checks.finding import Finding, State
from notification_system.cli.checks.stack import Resource, Stack

ARN = "arn:aws:cloudformation:eu-west-1:123456789012:stack/notifications/1"
QUEUE = "arn:aws:sqs:eu-west-1:123456789012:notifications-mail-events"


class NoSuchThingError(Exception):
    """Whatever a service says of what it does not have."""


def stack_of(resources: dict[str, tuple[str, str]], **services: Any) -> Stack:
    """Return a stack with these resources, `{logical: (type, physical)}`, and these services."""
    names = ("ResourceNotFoundException", "NotFoundException")
    for service in services.values():
        service.exceptions = SimpleNamespace(**dict.fromkeys(names, NoSuchThingError))
    deployment = SimpleNamespace(
        stack="notifications",
        client=services.__getitem__,
        aws=lambda *words: shlex.join(["aws", *words]),
        deploy="make deploy",
        deploy_anew="make down up",
    )
    session: Any = SimpleNamespace(deployment=deployment)
    listed = [Resource(kind, logical, physical) for logical, (kind, physical) in resources.items()]
    parameters = {"ReferenceIndex": "true", "ProviderIdIndex": "false", "EmailTransport": "ses"}
    parameters["EmailFrom"] = "a@example.com"
    return Stack(session, "CREATE_COMPLETE", parameters, listed, arn=ARN)


def found_in(indexes: dict[str, str]) -> list[Finding]:
    """Return what is found in a table of notifications with these indexes and their status."""
    described = [{"IndexName": name, "IndexStatus": status} for name, status in indexes.items()]
    dynamodb = SimpleNamespace(
        describe_table=lambda **_: {"Table": {"GlobalSecondaryIndexes": described}}
    )
    table = {"NotificationsTable": ("AWS::DynamoDB::Table", "n-1")}
    return list(tables.indexes(stack_of(table, dynamodb=dynamodb)))


COMPLETE = dict.fromkeys(("due", "by_user", "failed", "by_reference"), "ACTIVE")


def test_an_index_that_a_parameter_switches_off_is_not_missed() -> None:
    [finding] = found_in(COMPLETE)

    assert (finding.state, finding.message) == (State.PASSED, "4 indexes, all active.")


def test_a_missing_index_is_named_and_its_remedy_creates_it() -> None:
    [finding] = found_in({name: status for name, status in COMPLETE.items() if name != "due"})

    words = shlex.split(finding.remedy)
    options = dict(zip(words[3::2], words[4::2], strict=True))
    [update] = json.loads(options["--global-secondary-index-updates"])
    assert "NotificationsTable has no index due" in finding.message
    assert options["--table-name"] == "n-1"
    assert update["Create"]["KeySchema"] == [
        {"AttributeName": "due_shard", "KeyType": "HASH"},
        {"AttributeName": "due_at", "KeyType": "RANGE"},
    ]
    assert json.loads(options["--attribute-definitions"])[1] == {
        "AttributeName": "due_at",
        "AttributeType": "N",
    }


def test_an_index_that_is_being_built_is_a_warning() -> None:
    [finding] = found_in(COMPLETE | {"by_reference": "CREATING"})

    assert finding.state == State.WARNING
    assert "by_reference of NotificationsTable is not complete yet: CREATING" in finding.message


def mail_findings(rule: str, targets: list[str], *events: str) -> list[Finding]:
    """Return what is found in a rule's state and targets and the published events."""
    client = SimpleNamespace(
        describe_rule=lambda **_: {"State": rule},
        list_targets_by_rule=lambda **_: {"Targets": [{"Arn": arn} for arn in targets]},
    )
    destination = {"Name": "event-bridge", "Enabled": True, "MatchingEventTypes": list(events)}
    ses = SimpleNamespace(
        get_configuration_set_event_destinations=lambda **_: {"EventDestinations": [destination]}
    )
    resources = {"MailEventsRule": ("AWS::Events::Rule", "notifications-MailEventsRule-1")}
    return list(mail.mail_events(stack_of(resources, events=client, sesv2=ses)))


def test_events_that_reach_their_queue_pass() -> None:
    [finding] = mail_findings("ENABLED", [QUEUE], *mail.EVENTS)

    assert finding.ok


def test_each_break_in_the_way_of_the_events_has_its_remedy() -> None:
    unpublished = [name for name in mail.EVENTS if name != "BOUNCE"]

    found = mail_findings("DISABLED", ["arn:aws:sqs:eu-west-1:1:other"], *unpublished)

    assert ["does not publish BOUNCE" in found[0].message, found[0].ok] == [True, False]
    assert "update-configuration-set-event-destination" in found[0].remedy
    assert "is disabled" in found[1].message
    assert "events enable-rule --name notifications-MailEventsRule-1" in found[1].remedy
    assert "does not lead to the queue" in found[2].message
    assert QUEUE in found[2].remedy


@pytest.mark.parametrize(
    ("verified", "ok"),
    [
        ("news@mail.example.com", True),
        ("mail.example.com", True),
        ("example.com", True),
        ("com", False),
        ("example.org", False),
    ],
)
def test_a_sender_may_be_verified_by_a_domain_above_its_own(verified: str, ok: bool) -> None:
    def get_email_identity(EmailIdentity: str) -> dict[str, bool]:  # noqa: N803 - of boto3
        if EmailIdentity != verified:
            raise NoSuchThingError
        return {"VerifiedForSendingStatus": True}

    stack = stack_of({}, sesv2=SimpleNamespace(get_email_identity=get_email_identity))
    stack.parameters["EmailFrom"] = "news@mail.example.com"

    [finding] = credentials.sender(stack)

    assert finding.ok == ok


def test_a_key_of_an_earlier_deployment_is_checked_without_reading_it() -> None:
    arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:old/erasure-AbCdEf"
    secretsmanager = SimpleNamespace(
        describe_secret=lambda SecretId: {"ARN": SecretId, "DeletedDate": 1}  # noqa: N803 - of boto3
    )
    stack = stack_of({}, secretsmanager=secretsmanager, dynamodb=SimpleNamespace())
    stack.parameters["ErasureSecretArn"] = arn

    [finding] = credentials.secrets(stack)

    assert finding.message == "old/erasure was deleted."
    assert "restore-secret --secret-id old/erasure" in finding.remedy


@pytest.mark.parametrize(
    ("stored", "state", "words"),
    [
        ({"sid": "", "token": ""}, State.WARNING, "Fill it in if you send through twilio"),
        ({"sid": "AC1", "token": ""}, State.FAILED, "token is empty"),
    ],
)
def test_credentials_that_nobody_has_filled_in_are_a_warning(
    stored: dict[str, str], state: State, words: str
) -> None:
    """A deployment that sends e-mail only is healthy."""
    texts = {name: {"type": "string", "minLength": 1} for name in stored}
    schema = {"type": "object", "required": list(stored), "properties": texts}
    item = {"manifest": {"S": json.dumps({"secret_schema": schema})}}
    resources = {
        "TwilioSecret": ("AWS::SecretsManager::Secret", "notifications/twilio"),
        "ModulesTable": ("AWS::DynamoDB::Table", "modules"),
    }
    secret = {"SecretString": json.dumps(stored)}
    services = {
        "secretsmanager": SimpleNamespace(get_secret_value=lambda **_: secret),
        "dynamodb": SimpleNamespace(get_item=lambda **_: {"Item": item}),
    }

    [finding] = credentials.secrets(stack_of(resources, **services))

    assert finding.state == state
    assert words in finding.message
    assert "put-secret-value --secret-id notifications/twilio" in finding.remedy


def test_a_schedule_that_a_parameter_disables_is_not_enabled_by_hand() -> None:
    """The next deployment would not know of the change."""
    schedules = {
        f"{function}EveryMinute": ("AWS::Scheduler::Schedule", function)
        for function in running.SCHEDULED
    }
    disabled = {"State": "DISABLED", "ScheduleExpression": "rate(1 minute)", "Target": {}}
    stack = stack_of(schedules, scheduler=SimpleNamespace(get_schedule=lambda **_: disabled))
    stack.parameters["DispatcherSchedule"] = "DISABLED"

    dispatcher, dead_letters = running.schedule(stack)

    assert "The parameter DispatcherSchedule is DISABLED" in dispatcher.message
    assert dispatcher.remedy == "make deploy"
    assert "update-schedule" in dead_letters.remedy


def test_what_the_organization_denies_is_named_with_the_function_and_the_resource() -> None:
    def simulate(**request: Any) -> dict[str, Any]:
        denied = "identity/" in request["ResourceArns"][0]
        decision = "explicitDeny" if denied else "allowed"
        asked.append(request)
        return {
            "EvaluationResults": [
                {"EvalActionName": action, "EvalDecision": decision}
                for action in request["ActionNames"]
            ]
        }

    asked: list[dict[str, Any]] = []
    role = {"DeliverEmailRole": ("AWS::IAM::Role", "notifications-DeliverEmailRole-1")}
    iam = SimpleNamespace(simulate_principal_policy=simulate)

    [finding] = permissions.policies(stack_of(role, iam=iam))

    assert finding.message.startswith(
        "DeliverEmail is not allowed ses:SendEmail (explicitDeny), ses:SendRawEmail (explicitDeny) "
        "on identity/example.com."
    )
    assert "arn:aws:iam::123456789012:role/notifications-DeliverEmailRole-1" in finding.remedy
    [context] = next(request["ContextEntries"] for request in asked if "ContextEntries" in request)
    assert (context["ContextKeyName"], context["ContextKeyValues"]) == (
        "ses:FromAddress",
        ["a@example.com"],
    )
