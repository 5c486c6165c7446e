"""python -m infra.deploy [ENVIRONMENT] [--guided] [--dry-run]: deploy deploy/ENVIRONMENT.toml."""

import argparse
import shlex
import sys
from dataclasses import replace
from pathlib import Path

from infra.deploy.environment import read_environment
from infra.deploy.guided import ask_for_environment
from infra.deploy.run import choose_runtime, deploy, deploy_command
from infra.local.layout import PROJECT, StackError
from notification_system.cli.template_file import read_template

ENVIRONMENTS = PROJECT / "deploy"


def main() -> int:
    """Deploy an environment; print an expected failure as a single message."""
    options = _parse()
    try:
        _deploy(options)
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    except (EOFError, KeyboardInterrupt):
        print("\nInterrupted. Nothing was deployed.", file=sys.stderr)
        return 130
    return 0


def _deploy(options: argparse.Namespace) -> None:
    template = read_template(PROJECT / "template.yaml")
    if options.environment:
        path = options.folder / f"{options.environment}.toml"
        environment = read_environment(path, template)
    elif sys.stdin.isatty():
        environment = ask_for_environment(options.folder, template, input)
    else:
        raise StackError("Nobody can answer questions here. Run: make deploy ENV=staging")
    chosen = {"runtime": options.runtime, "architecture": options.architecture}
    environment = replace(environment, **{key: value for key, value in chosen.items() if value})
    if options.dry_run:
        runtime = choose_runtime(environment.runtime, template)
        print(shlex.join(deploy_command(environment, runtime)))
        return
    deploy(environment, template)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.deploy", description=__doc__)
    parser.add_argument("environment", nargs="?", help="the name of a file in deploy, no suffix")
    parser.add_argument("--folder", type=Path, default=ENVIRONMENTS, help=argparse.SUPPRESS)
    parser.add_argument("--runtime", help="instead of that of the file")
    parser.add_argument("--architecture", help="instead of that of the file")
    parser.add_argument("--dry-run", action="store_true", help="print the command of SAM only")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
