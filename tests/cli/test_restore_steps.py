"""Steps of `notify restore` that no emulator shows."""

from types import SimpleNamespace
from typing import Any

import pytest

from infra.local.layout import PROJECT
from notification_system.cli.errors import CliError
from notification_system.cli.restore.commands import standing_stack
from notification_system.cli.restore.deploying import deploy_commands
from notification_system.cli.restore.existing import check_not_owned
from notification_system.cli.template_file import ParameterValues, read_template


class Stubbed:
    """CloudFormation that describes these resources and these stacks."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self._answer = answer

    def describe_stacks(self, **_request: str) -> dict[str, Any]:
        return self._answer

    def describe_stack_resources(self, **_request: str) -> dict[str, Any]:
        return self._answer


@pytest.mark.parametrize(
    ("status", "is_owned"),
    [("IMPORT_COMPLETE", True), ("DELETE_FAILED", True), ("DELETE_SKIPPED", False)],
)
def test_a_resource_does_not_belong_to_a_deleted_stack(status: str, is_owned: bool) -> None:
    cloudformation = Stubbed(
        {
            "StackResources": [
                {"PhysicalResourceId": "mine", "StackName": "old", "ResourceStatus": status},
                {
                    "PhysicalResourceId": "else",
                    "StackName": "old",
                    "ResourceStatus": "DELETE_FAILED",
                },
            ]
        }
    )
    if is_owned:
        with pytest.raises(CliError, match="still belongs to the stack old"):
            check_not_owned(cloudformation, "mine")
    else:
        check_not_owned(cloudformation, "mine")


def test_the_deployment_names_the_runtime_of_the_build_also_if_the_stack_has_no_parameter() -> None:
    """The template of a guided deployment has no parameters for the build."""
    values = ParameterValues(
        read_template(PROJECT / "template.yaml"), {"PythonRuntime": "python3.11"}
    )

    build, deploy = deploy_commands("mine", "eu-west-1", None, values, {"Console": "true"})

    assert {"RUNTIME=python3.11", "ARCHITECTURE=arm64"} <= set(build)
    assert "--region eu-west-1" in " ".join(deploy)
    passed = deploy[deploy.index("--parameter-overrides") + 1 :]
    assert passed == ['Console="true"', 'PythonRuntime="python3.11"', 'Architecture="arm64"']


@pytest.mark.parametrize(
    ("status", "command"),
    [
        ("DELETE_FAILED", "delete-stack --deletion-mode FORCE_DELETE_STACK --stack-name mine"),
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback --stack-name mine"),
        ("ROLLBACK_FAILED", "describe-stack-events --stack-name mine"),
    ],
)
def test_a_stack_that_cannot_be_updated_has_the_command_for_its_status(
    status: str, command: str
) -> None:
    cloudformation = Stubbed({"Stacks": [{"StackName": "mine", "StackStatus": status}]})
    deployment = SimpleNamespace(
        stack="mine", client=lambda _: cloudformation, aws=lambda *words: " ".join(words)
    )
    session: Any = SimpleNamespace(deployment=deployment)

    with pytest.raises(CliError) as refusal:
        standing_stack(session)

    assert f"mine is {status}" in refusal.value.message
    assert refusal.value.remedy == f"cloudformation {command}"
