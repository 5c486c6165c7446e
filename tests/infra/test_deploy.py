"""`make deploy ENV=...`: the file of an environment, and the command that deploys it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra.deploy import run
from infra.deploy.environment import LONGEST_STACK, InvalidEnvironment, read_environment
from infra.deploy.guided import ask_for_environment
from infra.deploy.run import choose_runtime, deploy_command
from infra.local.layout import PROJECT, StackError, tool
from notification_system.cli.template_file import read_template

TEMPLATE = read_template(PROJECT / "template.yaml")
STAGING = PROJECT / "deploy" / "staging.toml"
MINIMAL = 'stack = "orders"\nregion = "eu-west-1"\n'


def read(folder: Path, text: str) -> Any:
    """Read an environment with this text."""
    path = folder / "test.toml"
    path.write_text(text)
    return read_environment(path, TEMPLATE)


def test_the_example_is_valid() -> None:
    environment = read_environment(STAGING, TEMPLATE)

    assert environment.name == "staging"
    assert environment.parameters["Console"] == "true"


def test_values_are_written_as_cloudformation_takes_them(tmp_path: Path) -> None:
    text = "[parameters]\nConsole = true\nRetentionDays = 30\n"

    environment = read(tmp_path, f'{MINIMAL}{text}ConsoleIdentityProviders = ["COGNITO", "Okta"]\n')

    assert environment.parameters == {
        "Console": "true",
        "RetentionDays": "30",
        "ConsoleIdentityProviders": "COGNITO,Okta",
    }


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('region = "eu-west-1"', "stack: missing"),
        ('stack = "orders"', "region: missing"),
        ('stack = "1st"\nregion = "x"', "stack: letters, digits and hyphens"),
        (f'stack = "{"s" * (LONGEST_STACK + 1)}"\nregion = "x"', "stack: at most 55 characters"),
        (f'{MINIMAL}EmailFrom = "a@b"', "parameters belong below [parameters]: EmailFrom"),
        (f'{MINIMAL}colour = "red"', "colour: unknown key"),
        (f'{MINIMAL}runtime = "python2.7"', "runtime: 'python2.7' is not one of python3.11"),
        (f'{MINIMAL}[parameters]\nColour = "red"', "the template has no such parameter"),
        (f'{MINIMAL}[parameters]\nTwilioUrl = "http://x"', "is for the local stack only"),
        (f'{MINIMAL}[parameters]\nPythonRuntime = "python3.12"', "is the key runtime"),
        (f'{MINIMAL}[parameters]\nConsole = "yes"', "Console: 'yes' is not one of true, false"),
        (f'{MINIMAL}[parameters]\nEmailFrom = "me"', "EmailFrom: 'me' does not have the form"),
        (f'{MINIMAL}[parameters]\nDueShards = "many"', "DueShards: 'many' is not a number"),
        (f'{MINIMAL}[parameters]\nEmailFromName = "{"n" * 65}"', "at most 64 characters"),
        ("stack = orders", "is not valid TOML"),
    ],
)
def test_a_mistake_is_named_before_anything_is_built(
    tmp_path: Path, text: str, problem: str
) -> None:
    with pytest.raises(InvalidEnvironment) as refused:
        read(tmp_path, text)

    assert problem in str(refused.value)


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(InvalidEnvironment) as refused:
        read(tmp_path, 'colour = "red"\n[parameters]\nConsole = "yes"\n')

    assert len(str(refused.value).splitlines()) == 5


def test_a_missing_environment_names_those_that_exist(tmp_path: Path) -> None:
    (tmp_path / "production.toml").touch()

    with pytest.raises(InvalidEnvironment, match="Environments: production"):
        read_environment(tmp_path / "staging.toml", TEMPLATE)


def test_sam_receives_every_parameter_as_it_was_written(tmp_path: Path) -> None:
    name = 'The "best" post, every day'
    environment = read(
        tmp_path,
        f"{MINIMAL}[parameters]\nEmailFromName = '{name}'\nPublicUrl = ''\n[tags]\nteam = 'a b'\n",
    )

    command = deploy_command(environment, "python3.12")

    overrides = command[command.index("--parameter-overrides") + 1 :]
    parsed = sam_parses("CfnParameterOverridesType", overrides)
    assert parsed == {
        "EmailFromName": name,
        "PublicUrl": "",
        "PythonRuntime": "python3.12",
        "Architecture": "arm64",
    }
    tags = command[command.index("--tags") + 1 : command.index("--parameter-overrides")]
    assert sam_parses("CfnTags", tags) == {"team": "a b"}


def sam_parses(kind: str, words: list[str]) -> Any:
    """Return what SAM's own parser makes of an option."""
    program = (
        "import json, sys\n"
        f"from samcli.cli.types import {kind} as Kind\n"
        "print(json.dumps(Kind().convert(tuple(sys.argv[1:]), None, None)))"
    )
    done = subprocess.run(
        [tool("sam", "python"), "-c", program, *words], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def test_the_runtime_of_the_build_is_always_passed(tmp_path: Path) -> None:
    command = deploy_command(read(tmp_path, MINIMAL), "python3.11")

    assert 'PythonRuntime="python3.11"' in command
    assert {"--no-confirm-changeset", "--no-fail-on-empty-changeset"} <= set(command)


@pytest.mark.parametrize(
    ("present", "chosen"),
    [
        (["python3.11"], "python3.11"),
        (["python3.11", "python3.9", "python3.12"], "python3.12"),
        (["python3.12", "python3.13", "python3.14"], "python3.13"),
    ],
)
def test_the_runtime_is_one_that_has_an_interpreter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, present: list[str], chosen: str
) -> None:
    for name in present:
        interpreter = tmp_path / name
        interpreter.write_text(f"#!/bin/sh\necho {name}\n")
        interpreter.chmod(0o755)
    shim = tmp_path / "python3.14"
    if not shim.exists():
        shim.write_text("#!/bin/sh\nexit 127\n")
        shim.chmod(0o755)
    monkeypatch.setattr(run, "tool_environment", lambda: {"PATH": str(tmp_path)})

    assert choose_runtime(None, TEMPLATE) == chosen
    assert choose_runtime(present[-1], TEMPLATE) == present[-1]
    with pytest.raises(StackError, match="This machine can build for"):
        choose_runtime("python3.15", TEMPLATE)


def test_the_answers_of_a_first_deployment_become_a_file(tmp_path: Path) -> None:
    asked: list[str] = []
    answers = {"Name of the env": "eu", "Region": "eu-west-1", "EmailFrom ": "a@example.com"}

    def ask(question: str) -> str:
        asked.append(question)
        return next((text for start, text in answers.items() if question.startswith(start)), "")

    environment = ask_for_environment(tmp_path / "deploy", TEMPLATE, ask)

    assert (environment.stack, environment.region) == ("notifications-eu", "eu-west-1")
    assert environment.parameters == {"EmailFrom": "a@example.com"}
    assert read_environment(tmp_path / "deploy" / "eu.toml", TEMPLATE) == environment
    assert not [question for question in asked if "Twilio" in question or "Size" in question]


def test_without_a_terminal_nothing_is_asked() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "infra.deploy"],
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "make deploy ENV=staging" in done.stderr
