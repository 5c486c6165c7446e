"""`sam deploy`, with the build of the template that fits."""

import os
import subprocess
from pathlib import Path

from infra.deployment.environment_file import Environment
from infra.local.build import BUILD, build, build_lock
from infra.local.layout import PROJECT, Layout, tool
from notification_system.cli import sam_options

#: The template that `sam build` writes.
BUILT_TEMPLATE = BUILD / "template.yaml"


def build_for(runtime: str, architecture: str) -> None:
    """Build the functions, and tell how long it may take. Raises StackError."""
    print(f"Building for {runtime} on {architecture}. The first build takes one to two minutes.")
    with build_lock():
        build(runtime, architecture, Layout(PROJECT / ".local").log("build"))


def deploy(environment: Environment, runtime: str, architecture: str) -> int:
    """Deploy the build without a question. Returns the exit status of SAM."""
    return _sam_deploy(BUILT_TEMPLATE, deploy_options(environment, runtime, architecture))


def deploy_options(environment: Environment, runtime: str, architecture: str) -> list[str]:
    """Return the options of `sam deploy` for an environment."""
    parameters = {
        **environment.parameters,
        "PythonRuntime": runtime,
        "Architecture": architecture,
    }
    return sam_options.deploy_options(
        environment.stack,
        environment.region,
        environment.profile,
        parameters,
        environment.tags,
    )


def deploy_guided(template: Path) -> int:
    """Let SAM ask for the stack, the region and the parameters. Returns its exit status."""
    return _sam_deploy(template, ["--guided", "--config-file", str(PROJECT / "samconfig.toml")])


def _sam_deploy(template: Path, options: list[str]) -> int:
    command = [str(tool("sam", "sam")), "deploy", "--template-file", str(template), *options]
    environment = os.environ | {"SAM_CLI_TELEMETRY": "0"}
    # SAM reads this variable only; the AWS CLI reads AWS_REGION too, and prefers it.
    if region := os.environ.get("AWS_REGION"):
        environment["AWS_DEFAULT_REGION"] = region
    return subprocess.run(command, cwd=PROJECT, env=environment, check=False).returncode
