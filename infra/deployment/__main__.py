"""``python -m infra.deployment [ENV]``: deploys an environment, or asks for everything."""

import argparse
import sys

from infra.deployment.account import check_account
from infra.deployment.environment_file import Environment, read_environment
from infra.deployment.errors import DeploymentRefused
from infra.deployment.guided_template import write_guided_template
from infra.deployment.sam import BUILT_TEMPLATE, build_for, deploy, deploy_guided
from infra.deployment.template_parameters import template_parameters
from infra.local.layout import StackError
from infra.local.runtimes import available_runtime


def main() -> int:
    """Deploy; print a refusal as a single message. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m infra.deployment", description=__doc__)
    parser.add_argument("environment", nargs="?", help="name of a file in deploy/, without .toml")
    parser.add_argument("--runtime", help="Lambda runtime, such as python3.13")
    parser.add_argument("--architecture", choices=["arm64", "x86_64"])
    options = parser.parse_args()
    try:
        if options.environment:
            return _deploy(options.environment, options.runtime, options.architecture)
        return _guide(options.runtime, options.architecture)
    except (DeploymentRefused, StackError) as error:
        print(error, file=sys.stderr)
        return 1


def _deploy(name: str, runtime: str | None, architecture: str | None) -> int:
    """Deploy an environment. The options take precedence over its file."""
    environment = read_environment(name)
    runtime = runtime or environment.runtime or available_runtime()
    architecture = architecture or environment.architecture or _default_architecture()
    build_for(runtime, architecture)
    account = check_account(environment)
    print(f"Deploying {environment.stack} to the account {account} in {environment.region}.")
    status = deploy(environment, runtime, architecture)
    if status == 0:
        print(_next_steps(environment))
    return status


def _guide(runtime: str | None, architecture: str | None) -> int:
    """Ask for the stack, the region and each parameter that matters on AWS."""
    runtime = runtime or available_runtime()
    architecture = architecture or _default_architecture()
    build_for(runtime, architecture)
    chosen = {"PythonRuntime": runtime, "Architecture": architecture}
    return deploy_guided(write_guided_template(BUILT_TEMPLATE, chosen))


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
