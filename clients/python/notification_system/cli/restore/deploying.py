"""The build and the deployment that complete a restored stack, run from the checkout."""

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from notification_system.cli.errors import CliError
from notification_system.cli.sam_options import BUILT_TEMPLATE, deploy_options
from notification_system.cli.template_file import ParameterValues

#: The files by which a checkout is recognised.
_CHECKOUT = ("template.yaml", "Makefile", "functions")


def find_checkout(start: Path) -> Path:
    """Return the checkout that contains a folder. Raises CliError: there is none."""
    for folder in (start, *start.parents):
        if all((folder / name).exists() for name in _CHECKOUT):
            return folder
    raise CliError(
        "A restored stack is deployed from a checkout of the notification system, and this folder "
        "is in none.",
        "Change to the checkout, or pass --checkout PATH.",
    )


def deploy_commands(
    stack: str,
    region: str,
    profile: str | None,
    values: ParameterValues,
    parameters: Mapping[str, str],
) -> list[list[str]]:
    """Return the commands that build and deploy, to be run in the checkout.

    The stack keeps the values of its parameters, except those that are passed. The runtime and the
    architecture of the build are always passed, because a stack of a guided deployment has no
    parameters for them.

    Args:
        stack: the stack's name.
        region: its region.
        profile: of the AWS configuration.
        values: the values that the parameters will have.
        parameters: those that the user passed.
    """
    build = {name: values.parameter(name) for name in ("PythonRuntime", "Architecture")}
    runtime, architecture = build.values()
    options = deploy_options(stack, region, profile, {**parameters, **build}, {})
    return [
        ["make", "build", f"RUNTIME={runtime}", f"ARCHITECTURE={architecture}"],
        [".local/env/sam/bin/sam", "deploy", "--template-file", BUILT_TEMPLATE, *options],
    ]


def run_commands(commands: list[list[str]], checkout: Path) -> None:
    """Run commands in the checkout; their output goes to standard error.

    Raises:
        CliError: a command failed.
    """
    for command in commands:
        done = subprocess.run(  # noqa: S603 - the commands above
            command,
            cwd=checkout,
            env={**os.environ, "SAM_CLI_TELEMETRY": "0"},
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
            check=False,
        )
        if done.returncode:
            raise CliError(
                f"`{shlex.join(command)}` failed. The data is in the stack and unchanged.",
                "Remove the cause, then repeat the command: it continues with the deployment.",
            )
