"""The commands of a deployment to AWS, and the template of a guided one."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from infra.deployment import __main__ as command
from infra.deployment.environment_file import Environment
from infra.deployment.errors import DeploymentRefused
from infra.deployment.guided_template import write_guided_template
from infra.deployment.sam import deploy_options
from infra.deployment.template_parameters import LOCAL_ONLY, OF_THE_BUILD
from infra.local import runtimes
from infra.local.__main__ import parse
from infra.local.layout import PROJECT, StackError


def test_a_deployment_asks_nothing_and_always_names_the_runtime_of_the_build() -> None:
    environment = Environment(
        stack="notify",
        region="eu-central-1",
        parameters={"EmailFromName": 'The "Post"', "RunbookUrl": "a\\b"},
        tags={"team": "mail"},
        profile="staging",
    )
    options = deploy_options(environment, "python3.11", "arm64")
    assert {"--no-confirm-changeset", "--no-fail-on-empty-changeset"} <= set(options)
    assert "--guided" not in options
    assert {'PythonRuntime="python3.11"', 'Architecture="arm64"'} <= set(options)
    assert 'EmailFromName="The \\"Post\\""' in options
    assert 'RunbookUrl="a\\b"' in options
    assert options[options.index("--tags") + 1] == 'team="mail"'
    assert options[options.index("--profile") + 1] == "staging"


def test_a_guided_deployment_has_no_parameters_of_the_local_stack(tmp_path: Path) -> None:
    built = tmp_path / "template.yaml"
    built.write_text(
        yaml.safe_dump(
            {
                "Parameters": {name: {"Type": "String"} for name in LOCAL_ONLY | OF_THE_BUILD}
                | {"EmailFrom": {"Type": "String", "Default": "notifications@example.com"}},
                "Conditions": {"OnAws": {"Fn::Equals": [{"Ref": "AwsEndpointUrl"}, ""]}},
                "Resources": {
                    "A": {"Runtime": {"Ref": "PythonRuntime"}, "From": {"Ref": "EmailFrom"}},
                    "B": {"Fn::Sub": "${TwilioUrl}/x ${EmailFrom} ${!Literal}"},
                    "C": {"Fn::Sub": ["${Size} ${Own}", {"Own": {"Ref": "Size"}}]},
                },
            }
        )
    )
    chosen = {"PythonRuntime": "python3.12", "Architecture": "arm64"}
    template = yaml.safe_load(write_guided_template(built, chosen).read_text())
    assert template["Parameters"] == {"EmailFrom": {"Type": "String"}}
    assert template["Conditions"]["OnAws"] == {"Fn::Equals": ["", ""]}
    assert template["Resources"] == {
        "A": {"Runtime": "python3.12", "From": {"Ref": "EmailFrom"}},
        "B": {"Fn::Sub": "/x ${EmailFrom} ${!Literal}"},
        "C": {"Fn::Sub": ["cloud ${Own}", {"Own": "cloud"}]},
    }


def test_make_passes_the_environment_and_the_choices() -> None:
    deploying = ["make", "--dry-run", "--no-print-directory", "deploy", "ENV=staging"]
    dry = subprocess.run(
        [*deploying, "RUNTIME=python3.12"], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert re.search(r"infra\.deployment 'staging' +--runtime python3\.12", dry.stdout)
    dry = subprocess.run(
        deploying[:-1],
        cwd=PROJECT,
        env=os.environ | {"ENV": "/etc/shellrc"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "shellrc" not in dry.stdout


def deploy(*arguments: str) -> str:
    """Run the command without a terminal; return the error with which it ends."""
    ended = subprocess.run(
        [sys.executable, "-m", "infra.deployment", *arguments],
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    return ended.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "needs a terminal. Name an environment: make deploy ENV=staging."),
        (("",), "ENV is empty. There is: "),
        (("staging", "--runtime", "3.11"), "RUNTIME is 3.11. It must be one of python3.11, "),
        (("staging", "--architecture", "amd64"), "ARCHITECTURE is amd64. It must be one of arm64"),
    ],
    ids=["guided", "empty", "runtime", "architecture"],
)
def test_a_mistake_of_the_command_is_named(arguments: tuple[str, ...], message: str) -> None:
    assert message in deploy(*arguments)


def test_an_environment_in_small_letters_is_not_taken_for_a_guided_deployment() -> None:
    dry = subprocess.run(
        ["make", "--dry-run", "deploy", "env=staging"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "ENV is written in capitals: make deploy ENV=staging" in dry.stderr
    assert "infra.deployment" not in dry.stdout


def test_a_runtime_of_the_file_that_is_missing_names_the_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(command, "interpreter_of", lambda _runtime: None)
    monkeypatch.setattr(command, "available_runtime", lambda: "python3.11")
    environment = Environment(
        stack="n", region="eu-central-1", runtime="python3.14", file="deploy/x.toml"
    )
    with pytest.raises(DeploymentRefused, match=r"deploy/x\.toml sets runtime = 'python3\.14'"):
        command.runtime_of(environment)


def test_the_runtime_is_one_whose_interpreter_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, status in (("python3.13", 127), ("python3.12", 0)):
        script = tmp_path / name
        script.write_text(f"#!/bin/sh\nexit {status}\n")
        script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{Path(shutil.which('sh') or '').parent}")
    monkeypatch.setattr(runtimes, "tool_environment", lambda: dict(os.environ))
    assert runtimes.available_runtime() == "python3.12"


def test_a_command_that_builds_nothing_needs_no_interpreter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtimes, "tool_environment", lambda: {"PATH": str(tmp_path)})
    assert parse(["down"]).command == "down"
    with pytest.raises(StackError, match=r"python3\.13"):
        runtimes.available_runtime()
