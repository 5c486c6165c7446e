"""``python -m infra.deployment [ENV]``: deploys an environment, or asks for everything."""

import argparse
import sys

from infra.deployment.account import check_account, check_credentials, protection_warning
from infra.deployment.environment_file import (
    Environment,
    existing_environments,
    read_environment,
)
from infra.deployment.errors import DeploymentRefused
from infra.deployment.guided_template import write_guided_template
from infra.deployment.sam import BUILT_TEMPLATE, build_for, deploy, deploy_guided
from infra.deployment.template_parameters import template_parameters
from infra.local.layout import StackError
from infra.local.runtimes import available_runtime, interpreter_of, required_interpreter


def main() -> int:
    """Deploy; print a refusal as a single message. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m infra.deployment", description=__doc__)
    parser.add_argument("environment", nargs="?", help="name of a file in deploy/, without .toml")
    parser.add_argument("--runtime", help="Lambda runtime, such as python3.13")
    parser.add_argument("--architecture", help="arm64 or x86_64")
    options = parser.parse_args()
    # SAM writes between these lines, also into a pipe.
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr] # a TextIOWrapper
    try:
        runtime = chosen(options.runtime, "RUNTIME", "PythonRuntime")
        architecture = chosen(options.architecture, "ARCHITECTURE", "Architecture")
        if options.environment is not None:
            return _deploy(options.environment, runtime, architecture)
        return _guide(runtime, architecture)
    except (DeploymentRefused, StackError) as error:
        print(error, file=sys.stderr)
        return 1


def _deploy(name: str, runtime: str | None, architecture: str | None) -> int:
    """Deploy an environment. The options take precedence over its file."""
    environment = read_environment(name)
    runtime = runtime or runtime_of(environment)
    required_interpreter(runtime)
    architecture = architecture or environment.architecture or _default_architecture()
    check_account(environment)
    build_for(runtime, architecture)
    account = check_account(environment)  # the credentials may have expired or changed
    if warning := protection_warning(environment):
        print(warning)
    print(f"Deploying {environment.stack} to the account {account} in {environment.region}.")
    status = deploy(environment, runtime, architecture)
    if status == 0:
        print(_next_steps(environment))
    return status


def _guide(runtime: str | None, architecture: str | None) -> int:
    """Ask for the stack, the region and each parameter that matters on AWS."""
    if not sys.stdin.isatty():
        raise DeploymentRefused(
            "Without ENV, the deployment asks questions, which needs a terminal. Name an "
            f"environment: make deploy ENV=staging. {existing_environments()}"
        )
    runtime = runtime or available_runtime()
    required_interpreter(runtime)
    architecture = architecture or _default_architecture()
    print(f"The credentials are for the account {check_credentials()}.")
    build_for(runtime, architecture)
    fixed = {"PythonRuntime": runtime, "Architecture": architecture}
    return deploy_guided(write_guided_template(BUILT_TEMPLATE, fixed))


def chosen(value: str | None, variable: str, parameter: str) -> str | None:
    """Return the value of a variable of `make`, if its parameter allows it; None if it is not set.

    Raises:
        DeploymentRefused: the parameter does not allow it.
    """
    allowed = template_parameters()[parameter].allowed
    if value is None or value in allowed:
        return value
    raise DeploymentRefused(f"{variable} is {value}. It must be one of {', '.join(allowed)}.")


def runtime_of(environment: Environment) -> str:
    """Return the runtime of an environment's file, or else one that this machine can build for.

    Raises:
        DeploymentRefused: the machine does not have the interpreter of the file's runtime.
    """
    runtime = environment.runtime
    if runtime is None:
        return available_runtime()
    if interpreter_of(runtime) is None:
        raise DeploymentRefused(
            f"{environment.file} sets runtime = {runtime!r}, which is not on the PATH and which "
            f"the build needs. Install it, or change that line: this machine has "
            f"{available_runtime()}."
        )
    return runtime


def _default_architecture() -> str:
    return template_parameters()["Architecture"].default


def _next_steps(environment: Environment) -> str:
    stack = f"--stack {environment.stack} --region {environment.region}"
    stack += f" --profile {environment.profile}" if environment.profile else ""
    return (
        f"\nDeployed. Check it:   .local/env/dev/bin/notify {stack} doctor"
        f"\nand send through it:  .local/env/dev/bin/notify {stack} smoke"
    )


if __name__ == "__main__":
    sys.exit(main())
