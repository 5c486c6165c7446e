"""The checks of `notify doctor --before` that need no account."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.local.layout import PROJECT
from notification_system.cli.checks import before, limits, programs
from notification_system.cli.checks.before import NEED_CREDENTIALS
from notification_system.cli.checks.environment import Plan, read_environment
from notification_system.cli.checks.finding import State
from notification_system.cli.checks.names import LONGEST_NAME, name_length
from notification_system.cli.deployment import DeploymentOptions
from notification_system.cli.errors import CliError, from_exception
from tests.cli.conftest import Ran, notify, notify_in

KEY = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}


@pytest.mark.parametrize(
    ("name", "state", "words"),
    [
        ("notifications", State.PASSED, "13 of 55"),
        ("n" * 25, State.PASSED, "25 of 55"),
        ("n" * 26, State.WARNING, "CloudFormation shortens"),
        ("n" * LONGEST_NAME, State.WARNING, "ConsoleDomainPrefix"),
        ("n" * (LONGEST_NAME + 1), State.FAILED, "has 56 characters"),
        ("Notifications", State.WARNING, "has capitals"),
        ("our-aws-notes", State.WARNING, "reserved word aws"),
        ("two_words", State.FAILED, "not a stack name"),
    ],
)
def test_a_stack_name_is_judged(name: str, state: State, words: str) -> None:
    planned: Any = SimpleNamespace(stack=name)

    findings = list(name_length(planned))

    assert {finding.state for finding in findings} == {state}
    assert any(words in finding.message for finding in findings)
    assert all(bool(finding.remedy) == (state is not State.PASSED) for finding in findings)


def account(answer: dict[str, Any], *, is_local: bool = False) -> Any:
    """Return an account whose services answer so."""
    client = SimpleNamespace(
        get_account=lambda: answer, get_account_settings=lambda: {"AccountLimit": answer}
    )
    return SimpleNamespace(
        is_local=is_local, client=lambda _: client, aws=lambda *words: " ".join(words)
    )


def ses(**changes: Any) -> list[tuple[State | None, str]]:
    """Return what is found in an account out of the sandbox, with changes."""
    healthy = {
        "SendingEnabled": True,
        "EnforcementStatus": "HEALTHY",
        "ProductionAccessEnabled": True,
        "SendQuota": {"MaxSendRate": 14.0, "Max24HourSend": 50000.0, "SentLast24Hours": 120.0},
    }
    found = limits.ses_limits(account(healthy | changes))
    return [(finding.state, finding.message) for finding in found]


def test_the_quotas_of_ses_are_shown() -> None:
    assert ses() == [
        (
            State.PASSED,
            "SES allows 14 e-mails a second, 50,000 a day; 120 sent since yesterday.",
        )
    ]


def test_an_unlimited_quota_of_ses_is_shown_as_such() -> None:
    quota = {"MaxSendRate": 14.0, "Max24HourSend": -1.0, "SentLast24Hours": 120.0}

    [(state, message)] = ses(SendQuota=quota)

    assert state is State.PASSED
    assert "14 e-mails a second, any number a day" in message


@pytest.mark.parametrize(
    ("changes", "state", "words"),
    [
        ({"ProductionAccessEnabled": False}, State.WARNING, "in the SES sandbox"),
        ({"SendingEnabled": False}, State.FAILED, "has paused the sending"),
        ({"EnforcementStatus": "PROBATION"}, State.WARNING, "its status is PROBATION"),
        (
            {"SendQuota": {"Max24HourSend": 200.0, "MaxSendRate": 1.0, "SentLast24Hours": 190.0}},
            State.WARNING,
            "190 of 200",
        ),
    ],
)
def test_a_limit_of_ses_is_named(changes: dict[str, Any], state: State, words: str) -> None:
    found = ses(**changes)

    assert any(kind == state and words in message for kind, message in found)


@pytest.mark.parametrize(
    ("free", "state"), [(10, State.WARNING), (53, State.WARNING), (54, State.PASSED)]
)
def test_a_concurrency_that_all_functions_together_exceed_is_a_warning(
    free: int, state: State
) -> None:
    [finding] = limits.concurrency(account({"UnreservedConcurrentExecutions": free}))

    assert finding.state == state


def test_the_emulator_has_no_limits_so_they_are_skipped() -> None:
    local = account({}, is_local=True)

    found = [*limits.ses_limits(local), *limits.concurrency(local)]

    assert [finding.state for finding in found] == [State.SKIPPED] * 2


def test_the_interpreter_of_the_runtime_has_to_be_on_the_path(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    for name, status in (("python3.12", 0), ("python3.13", 127)):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\nexit {status}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert programs.python(None).ok
    assert programs.python("python3.12").ok
    missing = programs.python("python3.13")
    assert "python3.13 is not on the PATH" in missing.message
    assert missing.remedy == "make deploy ENV=staging RUNTIME=python3.12"
    assert "not a runtime" in programs.python("python3.9").message


def test_the_check_of_the_account_needs_a_name_and_a_region() -> None:
    nameless = notify("doctor", "--before", "--region", "us-east-1", **KEY)
    placeless = notify("doctor", "--before", "--stack", "notifications", **KEY)

    assert (nameless.code, placeless.code) == (1, 1)
    assert "--stack NAME" in nameless.err
    assert "--region" in placeless.err


def test_the_options_of_the_check_of_the_account_need_it() -> None:
    ran = notify("doctor", "--email-from", "a@example.com", "--stack", "n", **KEY)

    assert ran.code == 2
    assert "--before" in ran.err


def nowhere(*words: str, **environment: str) -> Ran:
    """Run the check of the account in the checkout, with an endpoint that does not answer."""
    environment = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1"} | environment
    return notify_in(PROJECT, "doctor", "--before", "--json", *words, **environment)


def test_without_credentials_what_needs_them_is_skipped() -> None:
    ran = nowhere("--stack", "n", "--region", "eu-west-1", "--email-from", "a@example.org")

    findings = {finding["check"]: finding for finding in json.loads(ran.out)["findings"]}
    failed = [name for name, finding in findings.items() if not finding["ok"]]
    assert ran.code == 1
    assert "credentials" in failed
    assert "aws sso login" in findings["credentials"]["message"]
    assert findings["credentials"]["remedy"] == "aws --region eu-west-1 configure"
    for name in NEED_CREDENTIALS:
        assert findings[name]["state"] == State.SKIPPED
    assert findings["stack name"]["ok"]


def test_a_denied_action_is_named() -> None:
    message = "User: arn:aws:iam::1:user/a is not authorized to perform: ses:GetAccount because"
    response: Any = {"Error": {"Code": "AccessDeniedException", "Message": message}}

    explained = from_exception(ClientError(response, "GetAccount"), lambda: "")

    assert explained is not None
    assert explained.message == "Your credentials do not allow ses:GetAccount."


def test_a_stack_that_does_not_exist_has_a_remedy() -> None:
    message = "Stack with id arn:aws:cloudformation:eu-west-1:1:stack/n/1 does not exist"
    response: Any = {"Error": {"Code": "ValidationError", "Message": message}}

    explained = from_exception(ClientError(response, "ListStackResources"), lambda: "")

    assert explained is not None
    assert explained.message == f"{message}."
    assert "make deploy ENV=" in explained.remedy


ENVIRONMENT = """
stack = "our-aws-notes"
region = "eu-central-1"
account = "123456789012"
runtime = "python3.12"
[parameters]
EmailFrom = "news@example.com"
Console = true
"""


def planned(folder: Path, text: str = ENVIRONMENT) -> Any:
    """Return a deployment that the file of an environment describes."""
    (folder / "deploy").mkdir(exist_ok=True)
    (folder / "deploy" / "staging.toml").write_text(text)
    environment = read_environment("staging", folder)
    client = SimpleNamespace(
        get_caller_identity=lambda: {"Account": "210987654321", "Arn": "arn:aws:iam::2:user/a"}
    )
    return SimpleNamespace(
        plan=Plan(environment=environment),
        stack=environment.stack,
        region=environment.region,
        client=lambda _service: client,
        aws=lambda *words: " ".join(words),
        regions_of=lambda _service: ["eu-central-1"],
    )


def test_the_file_of_an_environment_takes_precedence_over_the_environment_variables(
    tmp_path: Path,
) -> None:
    planned(tmp_path)
    options = DeploymentOptions(stack="other", region="us-east-1", profile="work")

    chosen = read_environment("staging", tmp_path).options(options)

    assert (chosen.stack, chosen.region, chosen.profile) == (
        "our-aws-notes",
        "eu-central-1",
        "work",
    )


def test_the_values_of_an_environment_are_checked(tmp_path: Path) -> None:
    target = planned(tmp_path)

    [name] = before.stack_name(target)
    [sender] = before.sender(target)
    [credentials] = before.credentials(target)

    assert (name.state, sender.state, credentials.state) == (State.FAILED,) * 3
    assert "Set the parameter ConsoleDomainPrefix" in name.message
    assert sender.message.startswith("EmailFrom is still the example's")
    assert "the environment is in 123456789012" in credentials.message


def test_an_environment_without_the_console_or_ses_is_not_checked_for_them(tmp_path: Path) -> None:
    text = ENVIRONMENT.replace("Console = true", 'EmailTransport = "smtp"')
    target = planned(tmp_path, text)

    findings = [*before.stack_name(target), *before.sender(target), *before.ses_account(target)]

    assert [finding.state for finding in findings] == [State.PASSED, State.SKIPPED, State.SKIPPED]
    assert "13 of 55 characters." in findings[0].message


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("nowhere", ENVIRONMENT, "There is no environment nowhere. There is: staging."),
        ("staging", "stack = ", "is not TOML"),
        ("staging", 'stack = "n"', "needs a stack, a region"),
    ],
)
def test_an_environment_that_cannot_be_read_is_named(
    tmp_path: Path, name: str, text: str, words: str
) -> None:
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy" / "staging.toml").write_text(text)

    with pytest.raises(CliError) as refusal:
        read_environment(name, tmp_path / "docs")

    assert words in refusal.value.message
