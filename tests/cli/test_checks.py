"""What `notify doctor` knows of secrets and queues, and that its commands can be typed."""

import json
import shlex
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from infra.local.cloud import PROVIDER_SECRETS
from infra.local.layout import PROJECT
from notification_core.adapters.dynamodb.tables.modules import manifest_text
from notification_core.usecases.administration.manifests import read_manifest
from notification_core.usecases.sending.dead_letters import CODE
from notification_system.cli.checks import credentials, queues
from notification_system.cli.checks.credentials import (
    complaints,
    sample_of,
    secret_name,
)
from notification_system.cli.checks.stack import Resource, Stack
from notification_system.cli.doctor import CHECKS, _continued
from tests.architecture.templates import resources

TARGETS = PROJECT / "functions" / "targets"

SID = "AC" + "0" * 32
GOOD = {"account_sid": SID, "auth_token": "secret-token", "from": "+15551234567"}

PLACEHOLDERS = {
    secret["Name"].rpartition("/")[2]: secret["SecretString"]
    for secret in resources("AWS::SecretsManager::Secret").values()
    if "SecretString" in secret
}


def secret_schema(kind: str) -> Mapping[str, Any]:
    """Return what a target's manifest says of its secret."""
    return read_manifest(TARGETS / kind / "target.json").secret_schema


def wrong(secret: Any, kind: str = "twilio") -> list[str]:
    """Return what is wrong with a secret."""
    text = secret if isinstance(secret, str) else json.dumps(secret)
    return list(complaints(text, secret_schema(kind)))


def deployed(module: str, answer: dict[str, Any]) -> Stack:
    """Return a stack whose table of modules answers so when it is asked for one."""

    def get_item(**asked: Any) -> dict[str, Any]:
        assert (asked["TableName"], asked["Key"]) == ("modules", {"name": {"S": module}})
        return answer

    def client(service: str) -> Any:
        assert service == "dynamodb"
        return SimpleNamespace(get_item=get_item)

    session: Any = SimpleNamespace(deployment=SimpleNamespace(client=client))
    table = Resource("AWS::DynamoDB::Table", "ModulesTable", "modules")
    return Stack(session, "CREATE_COMPLETE", {}, [table])


@pytest.mark.parametrize("kind", ["twilio", "email"])
def test_placeholders_of_a_deployment_are_found(kind: str) -> None:
    assert wrong(PLACEHOLDERS[kind], kind) != []


def test_expo_needs_no_token() -> None:
    assert wrong(PLACEHOLDERS["expo"], "expo") == []


@pytest.mark.parametrize("kind", ["twilio", "expo", "email"])
def test_the_secrets_of_the_local_stack_are_correct(kind: str) -> None:
    port = {"port": 25} if kind == "email" else {}

    assert wrong(PROVIDER_SECRETS[kind] | port, kind) == []


def test_a_messaging_service_stands_for_a_number() -> None:
    service = {"from": "", "messaging_service_sid": "MG" + "0" * 32}

    assert wrong(GOOD | service) == []
    assert wrong(GOOD | {"from": "MyBrand"}) == []


@pytest.mark.parametrize(
    ("secret", "says"),
    [
        ("", "it is no JSON."),
        ("[1]", "it is no JSON object."),
        (PLACEHOLDERS["twilio"], "it still holds the placeholders of the deployment."),
        (GOOD | {"account_sid": "AC12"}, "account_sid is not right: it must be AC and 32"),
        (GOOD | {"auth_token": ""}, "auth_token is empty: it must be the account's token"),
        ({"account_sid": SID, "from": "+1"}, "auth_token is missing."),
        (GOOD | {"from": ""}, "it needs `from`, a number of yours, or `messaging_service_sid`."),
    ],
)
def test_the_fault_of_a_secret_is_named(secret: Any, says: str) -> None:
    assert wrong(secret)[0].startswith(says)


def test_the_content_of_a_secret_is_never_shown() -> None:
    said = " ".join(wrong(GOOD | {"account_sid": "hush-hush", "auth_token": "psst", "from": 7}))

    assert said
    assert "hush" not in said
    assert "psst" not in said


def test_a_sample_to_fill_in_has_what_is_needed() -> None:
    assert json.loads(sample_of(secret_schema("twilio"))).keys() == {"account_sid", "auth_token"}


def test_the_targets_document_the_keys_of_their_secrets() -> None:
    assert all("properties" in secret_schema(each) for each in ("email", "expo", "twilio"))


def test_a_target_of_ones_own_need_not() -> None:
    stack = deployed("pager", {})

    assert credentials.secret_schema(stack, "pager") == credentials.ANY_OBJECT
    assert list(complaints('{"anything": ""}', credentials.ANY_OBJECT)) == []


def test_the_schema_of_a_secret_is_read_from_the_deployed_manifest() -> None:
    module = read_manifest(TARGETS / "twilio" / "target.json")
    item = {"manifest": {"S": manifest_text(module)}}

    found = credentials.secret_schema(deployed("twilio", {"Item": item}), "twilio")

    assert found == secret_schema("twilio")


def test_a_secret_is_named_by_its_arn_too() -> None:
    arn = "arn:aws:secretsmanager:us-east-1:1:secret:notifications/twilio-AbCdEf"

    assert secret_name(arn) == secret_name("notifications/twilio") == "notifications/twilio"


@pytest.mark.parametrize(
    ("queue", "dead"),
    [
        ("s-deliver-email", "s-dead-letters-email"),
        ("s-jobs", "s-jobs-dead-letters"),
        ("s-dead-letters-email", None),
        ("s-jobs-dead-letters", None),
    ],
)
def test_where_a_queue_gives_up_to(queue: str, dead: str | None) -> None:
    assert queues.dead_letter_queue_of(queue, "s") == dead


def test_the_template_names_the_queues_so() -> None:
    names = [each["QueueName"] for each in resources("AWS::SQS::Queue").values()]
    targets = resources("AWS::SQS::Queue", "infra/templates/target.yaml")
    names += [each["QueueName"] for each in targets.values()]
    plain = {each.split(" ", 1)[1].replace("${System}", "s").replace("${AWS::StackName}", "s")
             for each in names}  # fmt: skip

    assert {queues.dead_letter_queue_of(each, "s") for each in plain} - {None} <= plain


def test_dead_letters_are_looked_for_under_their_own_code() -> None:
    assert queues.CODE == CODE


@pytest.mark.parametrize(
    "command",
    [
        "notify resume Email",
        shlex.join(["aws", "x", "--target", json.dumps({"a b": "it's " * 30}), "--state", "ON"]),
        shlex.join(["aws", *(f"--option-{n}" for n in range(30))]),
    ],
)
def test_a_command_over_several_lines_is_read_by_a_shell_as_the_one(command: str) -> None:
    lines = list(_continued(command, 72))

    assert all(line.endswith(" \\") for line in lines[:-1])
    joined = "\n".join(lines).replace("\\\n", "")
    assert shlex.split(joined) == shlex.split(command)


def test_a_check_is_named_by_what_it_finds() -> None:
    assert list(CHECKS)[:2] == ["stack", "schedule"]
    assert len(CHECKS) == len(set(CHECKS.values()))
