"""The checks of `notify doctor --before` that need no account."""

from types import SimpleNamespace
from typing import Any

import pytest

from notification_system.cli.checks import limits, programs
from notification_system.cli.checks.finding import State
from notification_system.cli.checks.names import LONGEST_NAME, name_length
from tests.cli.conftest import notify

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
    assert missing.remedy == "make deploy RUNTIME=python3.12"
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
