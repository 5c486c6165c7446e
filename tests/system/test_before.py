"""`notify doctor --before` against the emulator: what it finds in the way of a deployment."""

import json
from typing import Any
from uuid import uuid4

import pytest

from tests.cli.conftest import notify
from tests.system.conftest import System
from tests.system.test_command_line_doctor import typed

pytestmark = pytest.mark.stack


def before(system: System, *words: str) -> tuple[int, dict[str, list[dict[str, Any]]]]:
    """Run the check; return its exit code, and the findings by their check."""
    environment = {
        "AWS_ENDPOINT_URL": system.access["endpoint_url"],
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    ran = notify("doctor", "--before", "--json", "--region", "us-east-1", *words, **environment)
    found: dict[str, list[dict[str, Any]]] = {}
    for finding in json.loads(ran.out)["findings"]:
        found.setdefault(finding["check"], []).append(finding)
    return ran.code, found


def test_a_new_name_is_free_and_its_sender_verified(system: System) -> None:
    sender = system.access["email_from"]

    code, found = before(system, "--stack", "fresh", "--email-from", sender)

    assert code == 0
    assert found["sender"][0]["message"] == f"SES has verified {sender}."
    assert found["names"][0]["message"] == "No resource has a name that fresh will use."
    assert "which has Amazon SES" in found["region"][0]["message"]


def test_a_sender_that_is_not_verified_is_named_with_its_remedy(system: System) -> None:
    code, found = before(system, "--stack", "fresh", "--email-from", "a@example.org")

    [sender] = found["sender"]
    assert code == 1
    assert "neither a@example.org nor example.org" in sender["message"]
    assert "create-email-identity --email-identity example.org" in sender["remedy"]


def test_what_a_deleted_stack_has_left_is_named_and_its_remedy_removes_it(system: System) -> None:
    gone = f"gone-{uuid4().hex[:8]}"
    secrets, logs = system.client("secretsmanager"), system.client("logs")
    secrets.create_secret(Name=f"{gone}/erasure", SecretString="{}")
    secrets.create_secret(Name=f"{gone}/unsubscribe", SecretString="{}")
    secrets.delete_secret(SecretId=f"{gone}/unsubscribe", RecoveryWindowInDays=7)
    logs.create_log_group(logGroupName=f"/aws/lambda/{gone}")

    code, found = before(system, "--stack", gone)
    for finding in found["names"]:
        typed(system, finding["remedy"])

    assert code == 1
    messages = [finding["message"] for finding in found["names"]]
    assert messages[0].startswith(f"The secret {gone}/erasure exists already")
    assert messages[1].startswith(f"The secret {gone}/unsubscribe is being deleted")
    assert messages[2].startswith(f"The log group /aws/lambda/{gone} exists already")
    code, found = before(system, "--stack", gone)
    assert (code, found["names"][0]["state"]) == (0, "passed")


def test_a_stack_that_exists_is_not_a_fault(system: System) -> None:
    code, found = before(system, "--stack", "notifications")

    [names] = found["names"]
    assert code == 0
    assert names["state"] == "warning"
    assert "The stack notifications exists already" in names["message"]
    assert found["sender"][0]["state"] == "skipped"
