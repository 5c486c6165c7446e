"""Builds and deploys an environment."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.deploy.environment import BY_KEY, Environment
from infra.local.build import build, build_lock
from infra.local.layout import PROJECT, Layout, StackError, tool, tool_environment
from notification_system.cli.restore.deploying import sam_values

STATE = PROJECT / ".local"


def choose_runtime(runtime: str | None, template: Mapping[str, Any]) -> str:
    """Return a runtime that this machine can build.

    It is the given one, or else the template's default, or else the newest.

    Raises:
        StackError: it has no interpreter on the PATH.
    """
    path = tool_environment()["PATH"]
    declaration = template["Parameters"][BY_KEY["runtime"]]
    allowed: list[str] = declaration["AllowedValues"]
    present = [name for name in allowed if _works(name, path)]
    if runtime is None:
        if not present:
            raise StackError(f"A build needs one of these on the PATH: {', '.join(allowed)}")
        default = str(declaration["Default"])
        return default if default in present else max(present, key=_version)
    if runtime not in present:
        raise StackError(
            f"A build for {runtime} needs {runtime} on the PATH. "
            f"This machine can build for: {', '.join(present) or 'none'}"
        )
    return runtime


def deploy_command(environment: Environment, runtime: str) -> list[str]:
    """Return the command that deploys the build. The runtime of the build is always passed."""
    parameters = {
        **environment.parameters,
        BY_KEY["runtime"]: runtime,
        BY_KEY["architecture"]: environment.architecture,
    }
    command = [str(tool("sam", "sam")), "deploy", "--stack-name", environment.stack]
    command += ["--region", environment.region, "--s3-prefix", environment.stack]
    command += ["--no-confirm-changeset", "--no-fail-on-empty-changeset"]
    if environment.profile:
        command += ["--profile", environment.profile]
    if environment.tags:
        command += ["--tags", *sam_values(environment.tags)]
    return [*command, "--parameter-overrides", *sam_values(parameters)]


def deploy(environment: Environment, template: Mapping[str, Any]) -> None:
    """Build and deploy an environment.

    Raises:
        StackError: the build or the deployment failed.
    """
    runtime = choose_runtime(environment.runtime, template)
    print(
        f"Building for {runtime} on {environment.architecture}. "
        f"The packages are fetched, which takes some minutes the first time.",
        flush=True,
    )
    with build_lock():
        build(runtime, environment.architecture, Layout(STATE).log("build"))
        print(f"Deploying {environment.stack} to {environment.region}", flush=True)
        _run(deploy_command(environment, runtime), PROJECT)
    where = f"--stack {environment.stack} --region {environment.region}"
    print(f"Deployed. To check it, run: notify doctor {where}")


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "SAM_CLI_TELEMETRY": "0"},
        stdin=subprocess.DEVNULL,
        check=False,
    )
    sys.stdout.flush()
    if done.returncode:
        raise StackError("The deployment failed; the reason is above.")


def _works(runtime: str, path: str) -> bool:
    """Return whether a runtime's interpreter is on a path.

    It is started, because pyenv's shims exist for every version that any project uses.
    """
    found = shutil.which(runtime, path=path)
    if found is None:
        return False
    program = "import sys; print('python%d.%d' % sys.version_info[:2])"
    done = subprocess.run([found, "-c", program], capture_output=True, text=True, check=False)
    return done.stdout.strip() == runtime


def _version(runtime: str) -> tuple[int, ...]:
    return tuple(map(int, runtime.removeprefix("python").split(".")))
