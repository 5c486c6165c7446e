"""`make up` with other parameters: a mail server, and credentials in Parameter Store."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from infra.local.__main__ import parse, stack_of
from tests.cli.conftest import notify
from tests.system.conftest import System, wait_for

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A stack of its own, as the command brings it up."""
    root = str(tmp_path_factory.mktemp("other"))
    told = ["--email", "smtp", "--credentials", "ParameterStore"]
    stack = stack_of(parse(["--state", root, "up", *told]))
    try:
        yield System(stack.up(), stack)
    finally:
        stack.down()


def test_a_mail_goes_through_the_mail_server_out_of_the_box(other: System, user: str) -> None:
    other.register(user, "Email", f"{user}@example.com")

    done = other.ended(other.notify(user=user, title="Grüße")[0])

    [mail] = other.inbox(f"{user}@example.com")
    assert (done["status"], done["confirmation"]) == ("DELIVERED", None)
    assert (mail["title"], mail["body"].strip()) == ("Grüße", "There")
    assert mail["provider_message_id"] == done["provider_message_id"]
    assert other.target("Email")["pause"] is None


def test_texts_and_pushes_go_with_the_credentials_of_parameter_store(
    other: System, user: str
) -> None:
    other.register(user, "Twilio", "+15551230078")
    other.register(user, "Expo", f"ExponentPushToken[{user}]")

    asked = other.notify(user=user)

    # Twilio's callback is believed too: its function reads the same parameter.
    wait_for(lambda: {other.read(each)["status"] for each in asked} == {"DELIVERED", "SENT"})
    secrets = other.client("secretsmanager").list_secrets()["SecretList"]
    assert {secret["Name"] for secret in secrets} == {
        "notifications/erasure",
        "notifications/unsubscribe",
    }


def test_the_doctor_reads_the_parameters(other: System) -> None:
    assert findings(other) == []
    parameters = other.client("ssm")
    name = "/notifications/twilio"
    found = parameters.get_parameter(Name=name, WithDecryption=True)["Parameter"]
    secret = json.loads(found["Value"])

    def put(text: str, kind: str = "SecureString") -> None:
        parameters.put_parameter(Name=name, Value=text, Type=kind, Overwrite=True)

    put(json.dumps(secret | {"auth_token": ""}))
    empty = findings(other)
    put(json.dumps(secret), "String")
    plain = findings(other)
    parameters.delete_parameter(Name=name)
    missing = findings(other)
    put(json.dumps(secret))

    assert f"{name}: auth_token is empty" in empty[0]["message"]
    assert f"ssm put-parameter --name {name} --type SecureString --overwrite" in empty[0]["remedy"]
    assert "is not encrypted" in plain[0]["message"]
    assert missing[0]["message"] == f"There is no parameter {name}."
    assert secret["account_sid"] not in json.dumps([empty, plain, missing])
    assert findings(other) == []


def findings(system: System) -> list[dict[str, Any]]:
    """What the doctor finds wrong with the credentials."""
    ran = notify("doctor", "--json", "--local", str(system.stack.layout.stack))
    told: list[dict[str, Any]] = json.loads(ran.out)["findings"]
    return [each for each in told if each["check"] == "secrets" and not each["ok"]]
