"""The checks of `notify doctor` for secrets and queues, and the format of its commands."""

import json
import shlex
from collections.abc import Mapping
from datetime import UTC, datetime
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
    secret_errors,
    secret_name,
    secret_template,
)
from notification_system.cli.checks.refusals import REJECTED, refusal_of
from notification_system.cli.checks.stack import Resource, Stack
from notification_system.cli.doctor import CHECKS
from notification_system.cli.formatting import wrap_command
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
    """Return the schema of a secret, from the target's manifest."""
    return read_manifest(TARGETS / kind / "target.json").secret_schema


def wrong(secret: Any, kind: str = "twilio") -> list[str]:
    """Return the errors of a secret."""
    text = secret if isinstance(secret, str) else json.dumps(secret)
    return list(secret_errors(text, secret_schema(kind)))


def deployed(module: str, answer: dict[str, Any]) -> Stack:
    """Return a stack whose table of modules returns an answer for one module."""

    def get_item(**request: Any) -> dict[str, Any]:
        assert (request["TableName"], request["Key"]) == ("modules", {"name": {"S": module}})
        return answer

    def client(service: str) -> Any:
        assert service == "dynamodb"
        return SimpleNamespace(get_item=get_item)

    session: Any = SimpleNamespace(deployment=SimpleNamespace(client=client))
    table = Resource("AWS::DynamoDB::Table", "ModulesTable", "modules")
    return Stack(session, "CREATE_COMPLETE", {}, [table])


@pytest.mark.parametrize("kind", ["twilio", "email"])
def test_the_placeholders_of_the_deployment_are_found(kind: str) -> None:
    assert wrong(PLACEHOLDERS[kind], kind) != []


def test_expo_needs_no_token() -> None:
    assert wrong(PLACEHOLDERS["expo"], "expo") == []


@pytest.mark.parametrize("kind", ["twilio", "expo", "email"])
def test_the_secrets_of_the_local_stack_are_valid(kind: str) -> None:
    port = {"port": 25} if kind == "email" else {}

    assert wrong(PROVIDER_SECRETS[kind] | port, kind) == []


def test_a_messaging_service_replaces_a_number() -> None:
    service = {"from": "", "messaging_service_sid": "MG" + "0" * 32}

    assert wrong(GOOD | service) == []
    assert wrong(GOOD | {"from": "MyBrand"}) == []


@pytest.mark.parametrize(
    ("secret", "message"),
    [
        ("", "it is not JSON."),
        ("[1]", "it is not a JSON object."),
        (PLACEHOLDERS["twilio"], "it still holds the placeholders of the deployment."),
        (GOOD | {"account_sid": "AC12"}, "account_sid is not valid: it must be AC and 32"),
        (GOOD | {"auth_token": ""}, "auth_token is empty: it must be the account's token"),
        ({"account_sid": SID, "from": "+1"}, "auth_token is missing."),
        (GOOD | {"from": ""}, "it needs `from`, a number of yours, or `messaging_service_sid`."),
    ],
)
def test_the_error_of_a_secret_is_named(secret: Any, message: str) -> None:
    assert wrong(secret)[0].startswith(message)


def test_the_values_of_a_secret_are_not_shown() -> None:
    message = " ".join(wrong(GOOD | {"account_sid": "hush-hush", "auth_token": "psst", "from": 7}))

    assert message
    assert "hush" not in message
    assert "psst" not in message


def test_the_template_of_a_secret_has_the_required_fields_and_the_first_choice() -> None:
    assert json.loads(secret_template(secret_schema("twilio"))).keys() == {
        "account_sid",
        "auth_token",
        "from",
    }


def test_the_manifests_of_the_targets_describe_their_secrets() -> None:
    assert all("properties" in secret_schema(target) for target in ("email", "expo", "twilio"))


def test_a_third_party_target_may_omit_the_schema() -> None:
    stack = deployed("pager", {})

    assert credentials.secret_schema(stack, "pager") == credentials.ANY_OBJECT
    assert list(secret_errors('{"anything": ""}', credentials.ANY_OBJECT)) == []


def test_the_schema_of_a_secret_is_read_from_the_deployed_manifest() -> None:
    module = read_manifest(TARGETS / "twilio" / "target.json")
    item = {"manifest": {"S": manifest_text(module)}}

    schema = credentials.secret_schema(deployed("twilio", {"Item": item}), "twilio")

    assert schema == secret_schema("twilio")


def test_the_name_of_a_secret_is_read_from_its_arn() -> None:
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
def test_the_dead_letter_queue_of_a_queue(queue: str, dead: str | None) -> None:
    assert queues.dead_letter_queue_of(queue, "s") == dead


def test_the_template_has_these_dead_letter_queues() -> None:
    names = [queue["QueueName"] for queue in resources("AWS::SQS::Queue").values()]
    targets = resources("AWS::SQS::Queue", "infra/templates/target.yaml")
    names += [queue["QueueName"] for queue in targets.values()]
    plain = {name.split(" ", 1)[1].replace("${System}", "s").replace("${AWS::StackName}", "s")
             for name in names}  # fmt: skip

    assert {queues.dead_letter_queue_of(name, "s") for name in plain} - {None} <= plain


def test_dead_letters_have_the_same_code_in_the_core() -> None:
    assert queues.CODE == CODE


@pytest.mark.parametrize(
    "command",
    [
        "notify resume Email",
        shlex.join(["aws", "x", "--target", json.dumps({"a b": "it's " * 30}), "--state", "ON"]),
        shlex.join(["aws", *(f"--option-{n}" for n in range(30))]),
    ],
)
def test_a_shell_reads_a_wrapped_command_as_one_command(command: str) -> None:
    lines = list(wrap_command(command, 72))

    assert all(line.endswith(" \\") for line in lines[:-1])
    joined = "\n".join(lines).replace("\\\n", "")
    assert shlex.split(joined) == shlex.split(command)


def paused(code: str, by: str = "fault") -> Stack:
    """Return a stack whose target Twilio is paused since noon."""
    module = read_manifest(TARGETS / "twilio" / "target.json")
    stack = deployed("twilio", {"Item": {"manifest": {"S": manifest_text(module)}}})
    pause = {"by": by, "code": code, "reason": "Authenticate", "since": "2026-11-29T12:00:00Z"}
    stack.targets.append(
        {
            "name": "Twilio",
            "notification_module_name": "twilio",
            "state": "paused",
            "pause": {**pause, "docs_url": None},
        }
    )
    return stack


def test_credentials_that_the_provider_rejects_are_wrong_until_they_are_changed() -> None:
    before, after = (datetime(2026, 11, 29, hour, tzinfo=UTC) for hour in (11, 13))
    stack = paused("20003")

    rejection = credentials._rejection(stack, "twilio", before)

    assert rejection == (
        "the provider rejects these credentials (20003: Twilio does not accept our account SID "
        "or token)."
    )
    assert credentials._rejection(stack, "twilio", None) == rejection
    assert credentials._rejection(stack, "twilio", after) is None
    assert credentials._rejection(stack, "email", before) is None


@pytest.mark.parametrize(("code", "by"), [("21408", "fault"), ("20003", "person")])
def test_other_pauses_do_not_blame_the_credentials(code: str, by: str) -> None:
    assert refusal_of(paused(code, by), "twilio") is None


def test_a_response_401_without_a_code_rejects_the_credentials() -> None:
    refusal = refusal_of(paused("401"), "twilio")

    assert refusal is not None
    assert refusal.reason == "401: Authenticate"


@pytest.mark.parametrize(
    ("kind", "code"), [("twilio", "20003"), ("email", "AUTH 535"), ("expo", "UNAUTHORIZED")]
)
def test_the_manifests_describe_rejected_credentials_by_the_same_words(
    kind: str, code: str
) -> None:
    rows = json.loads((TARGETS / kind / "errors.json").read_text())["codes"]

    rejecting = [name for name, row in rows.items() if REJECTED in row["description"]]
    assert rejecting == [code]


def test_each_check_is_listed_once() -> None:
    assert list(CHECKS)[:3] == ["stack", "api", "schedule"]
    assert len(CHECKS) == len(set(CHECKS.values()))
