"""Steps of `notify restore` that no emulator shows."""

from typing import Any

import pytest

from infra.local.layout import PROJECT
from notification_system.cli.deployment import DeploymentOptions
from notification_system.cli.errors import CliError
from notification_system.cli.restore.deploying import deploy_commands
from notification_system.cli.restore.existing import check_not_owned
from notification_system.cli.template_file import ParameterValues, read_template


class Stubbed:
    """CloudFormation that describes these resources."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self._answer = answer

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

    build, deploy = deploy_commands("mine", DeploymentOptions(), values, {"Console": "true"})

    assert {"RUNTIME=python3.11", "ARCHITECTURE=arm64"} <= set(build)
    passed = deploy[deploy.index("--parameter-overrides") + 1 :]
    assert passed == ['Console="true"', 'PythonRuntime="python3.11"', 'Architecture="arm64"']
